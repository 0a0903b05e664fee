"""`install_as_torch`: programs that import torch get tracegrad, until it is undone."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import tracegrad as tg


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process where nothing is imported yet."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def output(code: str) -> list[str]:
    done = python(code)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


IMPORTS = """
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.backends.cudnn as cudnn
import torch.distributed as dist
from torch import Tensor, nn as nn2
from torch.autograd import Function, Variable, grad
from torch.cuda.amp import GradScaler, autocast
from torch.nn import Parameter, init
from torch.nn.modules.utils import _pair
from torch.nn.modules.loss import _Loss
from torch.nn.parameter import Parameter as P2
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import StepLR, _LRScheduler
from torch.optim.optimizer import Optimizer
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torch.utils.data.dataset import random_split
"""


def test_every_usual_import_gives_tracegrads_own_module():
    lines = output(f"""
import sys, tracegrad as tg
tg.install_as_torch()
{IMPORTS}
print(torch is tg, nn is tg.nn, F is tg.nn.functional, Tensor is tg.Tensor, P2 is nn.Parameter)
print(sys.modules["torch.nn.functional"] is sys.modules["tracegrad.nn.functional"])
print(tg.nn.__name__, tg.nn.__spec__.name, isinstance(nn.Linear(1, 1).weight, torch.Tensor))
""")
    assert lines == ["True True True True True", "True", "tracegrad.nn tracegrad.nn True"]


def test_torchvision_is_tracegrads_vision():
    lines = output("""
import sys, tracegrad as tg
tg.install_as_torch()
import torchvision
import torchvision.transforms as T
import torchvision.transforms.functional as TF
from torchvision import datasets
from torchvision.datasets import MNIST
from torchvision.utils import make_grid
print(torchvision is tg.vision, T is tg.vision.transforms, TF is T.functional)
print(MNIST is tg.vision.datasets.MNIST)
try:
    import torchvision.models
except ModuleNotFoundError as error:
    print(error)
tg.uninstall_as_torch()
print("torchvision" in sys.modules)
""")
    assert lines[:2] == ["True True True", "True"]
    assert lines[2].startswith("No module named 'torchvision.models': tracegrad")
    assert lines[3].startswith("  torchvision has datasets, ")
    assert lines[-1] == "False"


def test_nothing_is_installed_without_asking():
    assert output("import sys, tracegrad; print('torch' in sys.modules)") == ["False"]


def test_it_is_undone_and_may_be_done_twice():
    lines = output("""
import sys, tracegrad as tg
finders = list(sys.meta_path)
tg.install_as_torch(); tg.install_as_torch()
import torch.nn
print(len(sys.meta_path) - len(finders))
tg.uninstall_as_torch(); tg.uninstall_as_torch()
print([m for m in sys.modules if m.split('.')[0] == 'torch'], sys.meta_path == finders)
""")
    assert lines == ["1", "[] True"]


@pytest.mark.parametrize("name", ["quantum", "nn.quantized", "recording", "cli"])
def test_a_missing_module_is_an_import_error_that_names_it(name):
    done = python(f"import tracegrad as tg\ntg.install_as_torch()\nimport torch.{name}")
    error = done.stderr[done.stderr.index("ModuleNotFoundError") :]
    assert f"No module named 'torch.{name}'" in error
    assert f"tracegrad {tg.__version__} stands in for PyTorch here" in error
    assert "try: run the program without install_as_torch()" in error


def test_a_missing_name_is_an_import_error_too():
    done = python("import tracegrad as tg\ntg.install_as_torch()\nfrom torch import quantum")
    assert "ImportError: cannot import name 'quantum'" in done.stderr


def test_it_is_refused_when_pytorch_is_imported_already(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    before = list(sys.meta_path)
    with pytest.raises(RuntimeError, match="PyTorch is imported already") as error:
        tg.install_as_torch()
    assert "try: call it before the first `import torch`" in str(error.value)
    assert sys.meta_path == before
