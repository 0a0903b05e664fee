"""What tracegrad has not is imported without harm, answers truthfully, and refuses clearly."""

from __future__ import annotations

import importlib

import pytest

import tracegrad as tg

ABSENT = ["distributed", "export", "fx", "hub", "jit", "mps", "onnx", "profiler", "xpu"]


@pytest.mark.parametrize("name", [*ABSENT, "utils.checkpoint", "utils.tensorboard"])
def test_an_absent_namespace_refuses_what_is_used_of_it(name):
    module = importlib.import_module(f"tracegrad.{name}")
    with pytest.raises(NotImplementedError, match=rf"{name}\.anything is not supported.*\n  try: "):
        _ = module.anything
    assert not hasattr(module, "__wrapped__")


def test_questions_have_true_answers():
    assert not tg.distributed.is_available()
    assert not tg.distributed.is_initialized()
    assert not tg.jit.is_scripting()
    assert not tg.backends.mps.is_available()
    assert not tg.backends.cudnn.is_available()
    assert not tg.mps.is_available()
    assert tg.xpu.device_count() == 0
    assert tg.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2", "AVX512")
    assert tg.version.__version__ == tg.__version__


def test_compile_gives_back_its_argument_and_warns_once():
    tg.compiler._warned.clear()
    net = tg.nn.Linear(1, 1)
    with pytest.warns(UserWarning, match="gives back its argument"):
        assert tg.compile(net) is net
    assert tg.compile(net, mode="max-autotune") is net  # a second warning would be an error here

    @tg.compile(fullgraph=True)
    def double(x):
        return 2 * x

    assert double(tg.ones(1)).item() == 2


def test_memory_is_shared_through_dlpack():
    x = tg.zeros(3)
    y = tg.utils.dlpack.from_dlpack(x)
    y.add_(1)
    assert x.tolist() == [1.0, 1.0, 1.0]
    assert "dltensor" in repr(tg.utils.dlpack.to_dlpack(x))


# -- switches --------------------------------------------------------------------------------------


def test_switches_keep_what_they_are_set_to():
    with tg.backends.cudnn.flags(benchmark=True, deterministic=True):
        assert tg.backends.cudnn.benchmark
        assert tg.backends.cudnn.deterministic
    assert not tg.backends.cudnn.benchmark
    tg.backends.cuda.matmul.allow_tf32 = True
    assert tg.backends.cuda.matmul.allow_tf32
    tg.backends.cuda.matmul.allow_tf32 = False
    with pytest.raises(AttributeError, match="has no switch 'alow_tf32'"):
        tg.backends.cuda.matmul.alow_tf32 = True
    tg.use_deterministic_algorithms(True, warn_only=True)
    assert tg.are_deterministic_algorithms_enabled()
    assert tg.is_deterministic_algorithms_warn_only_enabled()
    tg.use_deterministic_algorithms(False)
    assert not tg.are_deterministic_algorithms_enabled()


def test_a_precision_is_kept_and_a_wrong_one_warned_of():
    tg.set_float32_matmul_precision("high")
    with pytest.warns(UserWarning, match="low is not one of"):
        tg.set_float32_matmul_precision("low")
    assert tg.get_float32_matmul_precision() == "high"
    tg.set_float32_matmul_precision("highest")


def test_threads_are_those_that_products_use():
    before = tg.get_num_threads()
    try:
        tg.set_num_threads(1)
        assert tg.get_num_threads() == 1
    finally:
        tg.set_num_threads(before)
    assert tg.get_num_threads() == before
    with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
        tg.set_num_threads(0)


def test_types_have_names():
    assert tg.typename(tg.zeros(1)) == tg.zeros(1).type()
    assert tg.typename(3) == "int"
    assert tg.typename(tg.nn.Linear(1, 1)) == "tracegrad.nn.modules.linear.Linear"
    assert tg.is_tensor(tg.nn.Parameter(tg.zeros(1)))
    assert not tg.is_tensor(3)


# -- narrower arithmetic ---------------------------------------------------------------------------


def test_autocast_is_refused_rather_than_ignored():
    with pytest.raises(NotImplementedError, match=r"does not choose dtypes by op\n  try: model.to"):
        tg.autocast("cpu", dtype=tg.bfloat16)
    with tg.autocast("cpu", enabled=False):
        assert (tg.ones(1) + 1).dtype is tg.float32


@tg.autocast("cpu", enabled=False)
def decorated(x):
    return x + 1


def test_a_disabled_autocast_decorates():
    assert decorated(tg.ones(1)).item() == 2


def scaled_step(scaler, p, loss):
    optimizer = tg.optim.SGD([p], lr=0.5)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return p.grad


def test_a_scaler_takes_its_scale_off_again():
    scaler = tg.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    p = tg.ones(2, requires_grad=True)
    grad = scaled_step(scaler, p, (p * 3).sum())
    assert grad.tolist() == [3.0, 3.0]
    assert p.tolist() == [-0.5, -0.5]
    p.grad = None
    scaled_step(scaler, p, (p * 3).sum())
    assert scaler.get_scale() == 16.0  # two good steps
    again = tg.amp.GradScaler("cpu")
    again.load_state_dict(scaler.state_dict())
    assert again.get_scale() == 16.0


def test_a_scaler_skips_a_step_whose_gradient_overflowed():
    scaler = tg.amp.GradScaler("cpu", init_scale=2.0**100)
    p = tg.ones(1, requires_grad=True)
    scaled_step(scaler, p, (p * 1e30).sum())
    assert p.tolist() == [1.0]
    assert scaler.get_scale() == 2.0**99


def test_a_scaler_keeps_its_order():
    scaler = tg.amp.GradScaler("cpu")
    p = tg.ones(1, requires_grad=True)
    optimizer = tg.optim.SGD([p], lr=0.5)
    scaler.scale(p.sum()).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="already been called on this optimizer"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="already been called since the last update"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="is being called after step"):
        scaler.unscale_(optimizer)
    scaler.update()
    with pytest.raises(AssertionError, match="No inf checks"):
        scaler.update()
