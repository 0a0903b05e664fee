"""Errors inside of modules: what the user reads, to the letter, and what is left as it is."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import tracegrad as tg
from tests.engine.scripts import assert_ends_with
from tracegrad import nn

CASES: dict[str, tuple[str, str]] = {
    "a layer of a layer": (
        """
        import tracegrad as tg
        from tracegrad import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 4))
                self.head = nn.Linear(3, 1, bias=False)

            def forward(self, x):
                h = self.encoder(x)
                return self.head(h)

        model = Net()
        out = model(tg.ones(32, 10))
        """,
        """
        RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x4 and 3x1)
          module      model.head   Linear(in_features=3, out_features=1, bias=False)
          parameters  weight f32[1, 3]
          input       f32[32, 4]
          expected    size 3 at dimension -1 of input (in_features), got 4
          at          train.py:12   return self.head(h)
          try: nn.Linear(4, 1, bias=False)
        """,
    ),
    "images that were not flattened": (
        """
        import tracegrad as tg
        from tracegrad import nn
        net = nn.Sequential(nn.Linear(784, 10))
        images = tg.ones(32, 28, 28)
        net(images)
        """,
        """
        RuntimeError: mat1 and mat2 shapes cannot be multiplied (896x28 and 784x10)
          module      net.0   Linear(in_features=784, out_features=10, bias=True)
          parameters  weight f32[10, 784], bias f32[10]
          input       f32[32, 28, 28]
          expected    size 784 at dimension -1 of input (in_features), got 28
          at          train.py:5   net(images)
          try: images.flatten(1); or nn.Linear(28, 10)
        """,
    ),
    "images without channels": (
        """
        import tracegrad as tg
        from tracegrad import nn
        net = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU())
        digits = tg.zeros(32, 28, 28)
        net(digits)
        """,
        """
        RuntimeError: Given groups=1, weight of size [8, 1, 3, 3], expected input[1, 32, 28, 28] to have 1 channels, but got 32 channels instead
          module      net.0   Conv2d(1, 8, kernel_size=(3, 3), stride=(2, 2))
          parameters  weight f32[8, 1, 3, 3], bias f32[8]
          input       f32[32, 28, 28]
          expected    size 1 at dimension -3 of input (in_channels), got 32
          at          train.py:5   net(digits)
          try: digits.unsqueeze(1); or nn.Conv2d(32, 8, 3, stride=2)
        """,
    ),
    "data of another dtype": (
        """
        import numpy as np
        import tracegrad as tg
        from tracegrad import nn
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        for batch in tg.tensor(np.ones((5, 2, 3))):
            model(batch)
        """,
        """
        RuntimeError: expected m1 and m2 to have the same dtype, but got: float64 != float32
          module      model.0   Linear(in_features=3, out_features=4, bias=True)
          parameters  weight f32[4, 3], bias f32[4]
          input       f64[2, 3]
          expected    float32 input, as weight; got float64
          at          train.py:6   model(batch)
          try: batch.float(); or model.double()
        """,
    ),
    "an op of the program's own forward": (
        """
        import tracegrad as tg
        from tracegrad import nn

        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.query = nn.Parameter(tg.zeros(4, 3))

            def forward(self, x, mask=None):
                scores = x @ self.query
                return scores + mask

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.attention = Attention()

            def forward(self, x):
                return self.attention(x, mask=tg.zeros(5))

        net = Block()
        net(tg.zeros(2, 4))
        """,
        """
        RuntimeError: The size of tensor a (3) must match the size of tensor b (5) at non-singleton dimension 1
          module      net.attention   Attention()
          parameters  query f32[4, 3]
          x           f32[2, 4]
          mask        f32[5]
          op          add(f32[2, 3], f32[5])
          at          train.py:11   return scores + mask
          try: compare the shapes from the right: each pair of sizes must be equal, or one of them 1
        """,
    ),
    "targets that are no classes": (
        """
        import tracegrad as tg
        from tracegrad import nn
        criterion = nn.CrossEntropyLoss()
        outputs, labels = tg.zeros(4, 3), tg.tensor([0.0, 1.0, 2.0, 0.0])
        loss = criterion(outputs, labels)
        """,
        """
        RuntimeError: expected scalar type Long but found float32: targets are class indices
          module  criterion   CrossEntropyLoss()
          input   f32[4, 3]
          target  f32[4]
          at      train.py:5   loss = criterion(outputs, labels)
          try: target.long()
        """,
    ),
    "a word that is not in the table": (
        """
        import tracegrad as tg
        from tracegrad import nn

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.words = nn.Embedding(10, 4, padding_idx=0)

            def forward(self, tokens):
                return self.words(tokens)

        net = Model()
        net(tg.tensor([[1, 2], [3, 12]]))
        """,
        """
        IndexError: index out of range in self: 12 of a table of 10 rows (0 to 9)
          module      net.words   Embedding(10, 4, padding_idx=0)
          parameters  weight f32[10, 4]
          input       i64[2, 2]
          expected    indices from 0 to 9 (num_embeddings=10), got 12
          at          train.py:10   return self.words(tokens)
          try: nn.Embedding(13, 4, padding_idx=0)
        """,
    ),
    "channels of a normalisation": (
        """
        import tracegrad as tg
        from tracegrad import nn
        net = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(3, eps=0.1))
        net(tg.zeros(5, 2))
        """,
        """
        RuntimeError: running_mean should contain 4 elements not 3
          module      net.1   BatchNorm1d(3, eps=0.1, momentum=0.1, affine=True, bias=True, track_running_stats=True)
          parameters  weight f32[3], bias f32[3]
          buffers     running_mean f32[3], running_var f32[3], num_batches_tracked i64[]
          input       f32[5, 4]
          expected    size 3 at dimension 1 of input (num_features), got 4
          at          train.py:4   net(tg.zeros(5, 2))
          try: nn.BatchNorm1d(4, eps=0.1)
        """,
    ),
    "a layer for another number of dimensions": (
        """
        import tracegrad as tg
        from tracegrad import nn
        norm = nn.BatchNorm1d(3, affine=False, track_running_stats=False)
        norm(tg.zeros(5, 3, 4, 4))
        """,
        """
        ValueError: expected 2D or 3D input (got 4D input)
          module  norm   BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)
          input   f32[5, 3, 4, 4]
          at      train.py:4   norm(tg.zeros(5, 3, 4, 4))
          try: nn.BatchNorm2d
        """,
    ),
    "a layer without a name": (
        """
        import tracegrad as tg
        from tracegrad import nn
        nn.Linear(3, 4)([1.0, 2.0, 3.0])
        """,
        """
        TypeError: linear(): argument 'input' (position 1) must be Tensor, not list
          module      Linear(in_features=3, out_features=4, bias=True)
          parameters  weight f32[4, 3], bias f32[4]
          input       a list
          at          train.py:3   nn.Linear(3, 4)([1.0, 2.0, 3.0])
          try: tracegrad.as_tensor(...) around it
        """,
    ),
    "layers that came before Module.__init__": (
        """
        from tracegrad import nn

        class Net(nn.Module):
            def __init__(self):
                self.fc = nn.Linear(1, 1)

        Net()
        """,
        """
        AttributeError: cannot assign module before Module.__init__() call
          try: super().__init__() first thing in Net.__init__
        """,
    ),
    "weights saved from a DataParallel": (
        """
        from tracegrad import nn
        net = nn.Sequential(nn.Linear(1, 1, bias=False))
        net.load_state_dict(nn.DataParallel(net).state_dict())
        """,
        """
        RuntimeError: Error(s) in loading state_dict for Sequential:
        \tMissing key(s) in state_dict: "0.weight".\x20
        \tUnexpected key(s) in state_dict: "module.0.weight".\x20
          try: {key.removeprefix("module."): value for key, value in state_dict.items()}, since DataParallel had wrapped the model
        """,
    ),
    "weights for a DataParallel": (
        """
        from tracegrad import nn
        net = nn.Linear(1, 1, bias=False)
        nn.DataParallel(net).load_state_dict(net.state_dict())
        """,
        """
        RuntimeError: Error(s) in loading state_dict for DataParallel:
        \tMissing key(s) in state_dict: "module.weight".\x20
        \tUnexpected key(s) in state_dict: "weight".\x20
          try: get_submodule("module").load_state_dict(state_dict), where these keys belong
        """,
    ),
    "a whole checkpoint": (
        """
        from tracegrad import nn
        net = nn.Linear(1, 1, bias=False)
        net.load_state_dict({"epoch": 3, "model": net.state_dict()})
        """,
        """
        RuntimeError: Error(s) in loading state_dict for Linear:
        \tMissing key(s) in state_dict: "weight".\x20
        \tUnexpected key(s) in state_dict: "epoch", "model".\x20
          try: load_state_dict(checkpoint["model"]): the state is in that entry
        """,
    ),
    "keys that are misspelt": (
        """
        from tracegrad import nn
        net = nn.ModuleDict({"first": nn.Linear(1, 1), "second": nn.Linear(1, 1, bias=False)})
        state = net.state_dict()
        state["frist.weight"] = state.pop("first.weight")
        state["second.weigth"] = state.pop("second.weight")
        net.load_state_dict(state)
        """,
        """
        RuntimeError: Error(s) in loading state_dict for ModuleDict:
        \tMissing key(s) in state_dict: "first.weight", "second.weight".\x20
        \tUnexpected key(s) in state_dict: "frist.weight", "second.weigth".\x20
          try: "first.weight" for "frist.weight", "second.weight" for "second.weigth"
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_a_module_that_cannot_run_is_named_with_all_that_is_needed(
    tmp_path: Path, program: str, message: str
):
    assert_ends_with(tmp_path, program, message)


# -- paths -----------------------------------------------------------------------------------------


def failing(module: nn.Module, *args: object) -> str:
    with pytest.raises(RuntimeError) as caught:
        module(*args)
    return str(caught.value)


def test_a_layer_that_is_not_registered_is_named_by_its_class():
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = [nn.Sequential(nn.Linear(3, 4))]

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return self.hidden[0](x)

    assert "  module      module.Sequential.0   Linear(in" in failing(Net(), tg.zeros(2, 5))


def test_the_path_is_the_same_with_hooks_and_while_recording():
    net = nn.Sequential(nn.Sequential(nn.Linear(3, 4)))
    plain = failing(net, tg.zeros(2, 5))
    assert "  module      module.0.0   Linear(" in plain
    net[0].register_forward_hook(lambda *_: None)
    net[0].register_full_backward_hook(lambda *_: None)
    assert failing(net, tg.zeros(2, 5)) == plain
    with tg.record():
        assert failing(net, tg.zeros(2, 5)) == plain


def test_a_model_that_the_library_calls_is_named_by_its_class():
    net = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(RuntimeError, match=r"module      Sequential\.0   Linear\("):
        tg.func.functional_call(net, dict(net.named_parameters()), (tg.zeros(2, 5),))


def test_an_error_that_passes_through_the_program_is_explained_once():
    seen = []

    class Tries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(3, 4)

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            try:
                return self.inner(x)
            except RuntimeError as error:
                seen.append(str(error))
                raise

    text = failing(nn.Sequential(Tries()), tg.zeros(2, 5))
    assert "  module      inner   Linear(" in seen[0]
    assert text.count("module  ") == 1
    assert "  module      module.0.inner   Linear" in text


# -- what is left as it is -------------------------------------------------------------------------


class Raises(nn.Module):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        raise self.error


@pytest.mark.parametrize(
    "error", [RuntimeError("mine"), ValueError(), KeyError("k"), RuntimeError("two", 2)]
)
def test_an_error_of_the_programs_own_is_left_as_it_is(error: Exception):
    args = error.args
    with pytest.raises(type(error)) as caught:
        nn.Sequential(Raises(error))(tg.zeros(1))
    assert caught.value is error
    assert error.args == args


def test_errors_about_how_modules_are_held_are_left_as_they_are():
    class Looks(nn.Module):
        def __init__(self, look: object) -> None:
            super().__init__()
            self.look, self.layers = look, nn.ModuleList([nn.ReLU()])

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return self.look(self)(x)

    x = tg.zeros(1)
    with pytest.raises(IndexError, match=r"^index 3 is out of range$"):
        Looks(lambda self: self.layers[3])(x)
    with pytest.raises(AttributeError, match=r"^'Looks' object has no attribute 'fc3'$"):
        Looks(lambda self: self.fc3)(x)
    with pytest.raises(NotImplementedError, match=r'missing the required "forward" function$'):
        Looks(lambda self: self.layers)(x)
    with pytest.raises(TypeError, match=r"takes 2 positional arguments but 3 were given$"):
        nn.ReLU()(x, x)


def test_a_repr_that_fails_does_not_hide_the_error():
    class Broken(nn.Linear):
        def extra_repr(self) -> str:
            raise ZeroDivisionError

    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied") as caught:
        Broken(3, 4)(tg.zeros(2, 5))
    assert "module  " not in str(caught.value)


def test_an_explained_error_can_be_sent_to_another_process_and_holds_no_module():
    with pytest.raises(RuntimeError) as caught:
        nn.Sequential(nn.Linear(3, 4))(tg.zeros(2, 5))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert b"tracegrad.nn.modules" not in pickle.dumps(caught.value.__dict__)
    assert type(again) is RuntimeError


def test_a_missing_init_is_said_where_a_module_is_called():
    class Net(nn.Module):
        def __init__(self) -> None:
            pass

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return x

    with pytest.raises(AttributeError, match=r"try: super\(\)\.__init__\(\) first thing in Net"):
        Net()(tg.zeros(1))


@pytest.mark.parametrize(
    ("layer", "shape", "advice"),
    [
        (lambda: nn.LayerNorm(3), (2, 4), "nn.LayerNorm(4)"),
        (lambda: nn.LayerNorm((3, 3)), (2, 4, 4), "nn.LayerNorm((4, 4))"),
        (lambda: nn.GroupNorm(2, 4, eps=0.5), (2, 6), "nn.GroupNorm(2, 6, eps=0.5)"),
        (
            lambda: nn.Conv1d(4, 8, 3, padding=1, groups=2),
            (2, 6, 9),
            "nn.Conv1d(6, 8, 3, padding=1, groups=2)",
        ),
        (
            lambda: nn.ConvTranspose2d(4, 8, (3, 2), bias=False),
            (2, 6, 9, 9),
            "nn.ConvTranspose2d(6, 8, (3, 2), bias=False)",
        ),
    ],
)
def test_the_layer_that_a_message_says_to_try_takes_the_input(layer, shape, advice):
    x = tg.zeros(*shape)
    assert f"try: {advice}" in failing(layer(), x).replace("; or ", "\n  try: ")
    eval(advice, {"nn": nn})(x)
