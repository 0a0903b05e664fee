"""Small programs with every kind of event. Each gives tensors by which two runs are compared."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn

Program = Callable[[], list[tg.Tensor]]
PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    PROGRAMS[function.__name__] = function
    return function


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@program
def creation() -> list[tg.Tensor]:
    a = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = tg.zeros(2, 2) + tg.ones_like(a) * tg.arange(2.0) - tg.full((2, 2), 0.5)
    c = tg.rand(2, 2) * tg.randn_like(b)
    loss = (a * b * c).sum()
    loss.backward()
    return [loss, a.grad, tg.eye(2), tg.randperm(5)]


@program
def without_gradients() -> list[tg.Tensor]:
    w = tg.tensor(numbers(3), requires_grad=True)
    with tg.no_grad():
        y = w * 2
        z = (y > 0) & (y < 1.5)
        w.mul_(0.5)
    assert not y.requires_grad
    kept = tg.where(z, w, -w).sum()
    kept.backward()
    return [y, z, w, w.grad, y == y, y.isnan()]


@program
def in_place() -> list[tg.Tensor]:
    x = tg.tensor(numbers(4, 3), requires_grad=True)
    y = x * 2
    before = y * y
    z = y + 1
    z.mul_(3.0)
    z += x
    z.tanh_()
    (z.sum() + before.sum()).backward()
    return [x, y, z, before, x.grad]


@program
def in_place_on_views() -> list[tg.Tensor]:
    x = tg.tensor(numbers(4, 3), requires_grad=True)
    y = x * 2
    row, column = y[1], y[:, 0]
    row.mul_(5.0)
    part = y[2:].t()
    part.add_(column[:2])
    total = (y * y).sum() + row.sum() + column.sum() + part.sum()
    total.backward()
    return [x.grad, y, row, column, part, total]


@program
def stale_views() -> list[tg.Tensor]:
    """Views read by what needs no gradient, after a write through another view."""
    x = tg.tensor(numbers(2, 2), requires_grad=True)
    y = -x
    row = y[0]
    part = row[0]
    part.add_(part)
    alias = row.detach()
    (alias + part).sum().backward()
    z = x * 2
    first, second = z.unbind(0)
    with tg.no_grad():
        z.add_(1.0)
        product = first * second
    (z * z).sum().backward()
    return [x.grad, alias, product]


@program
def second_order_through_writes() -> list[tg.Tensor]:
    """Each write keeps a copy of the old value, which the second pass computes with."""
    x = tg.tensor(numbers(2, 3), requires_grad=True)
    y = x * 2
    row = y[0]
    row.sin_()
    row.cos_()
    (first,) = tg.autograd.grad((y * y).sum(), x, create_graph=True)
    first.sum().backward()
    z = x * 3
    with tg.no_grad():
        z.add_(1.0)
    square = z * z
    z_squared = (square + z.sin()).sum()
    (second,) = tg.autograd.grad(z_squared, x, create_graph=True)
    second.sum().backward()
    return [first, second, x.grad]


@program
def leaves_that_are_views() -> list[tg.Tensor]:
    whole = tg.tensor(numbers(2, 3))
    row = whole[0].requires_grad_()
    with tg.no_grad():
        whole.add_(1.0)
    (row * row).sum().backward()
    return [row, row.grad]


@program
def setting_items() -> list[tg.Tensor]:
    x = tg.tensor(numbers(5, 2), requires_grad=True)
    y = x * 1
    y[0] = 0.0
    y[1:3] = x[3:5] * 2
    y[tg.tensor([3, 4])] = x[0]
    y[y > 0.5] = 0.25
    y[4, 1] += 2.0
    y.sum().backward()
    return [y, x.grad]


@program
def aliases() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    y = x.sin()
    alias = y.detach()
    alias.mul_(2.0)
    z = alias + y.detach()
    beside = x.data
    beside.add_(1.0)
    after = beside * x.detach()
    again = (x * 3).sum()
    again.backward()
    return [x, y, alias, z, beside, after, x.grad]


@program
def exits() -> list[tg.Tensor]:
    x = tg.tensor(numbers(4), requires_grad=True)
    y = x.exp()
    total = float(y.sum().item()) + sum(y.tolist()) + float(y[0])
    array = y.detach().numpy()
    before = y.detach() * 1
    array[0] = 7.0  # unseen by any counter
    after = y.detach() * 1
    if before.sum() > 0:
        x = x + int(tg.tensor(3))
    shared = np.ones(3, np.float32)
    own = tg.from_numpy(shared)
    one = own * 2
    shared[:] = 5
    two = own * 2
    return [x, before, after, one, two, tg.tensor(total)]


@program
def fan_in() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    h = x.tanh()
    y = h * h + h + x * h
    y.backward(tg.tensor(numbers(3, seed=1)), retain_graph=True)
    one, two, three = (h + x).split(1)
    (one * two + two * three + one).sum().backward()
    return [x.grad, y]


@program
def several_outputs() -> list[tg.Tensor]:
    x = tg.tensor(numbers(4, 3), requires_grad=True)
    values, indices = x.max(dim=1)
    top, order = x.sort(dim=0)
    a, b = x.chunk(2)
    (values.sum() + (top[0] * a[0]).sum() + b[1].exp().sum()).backward()
    return [values, indices, order, x.grad]


@program
def the_same_graph_twice() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    y = (x.exp() * x).sum()
    y.backward(retain_graph=True)
    first = x.grad.clone()
    held = x.grad
    y.backward()
    held.mul_(0.5)
    return [first, held, x.grad]


@program
def double_backward() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    w = tg.tensor(numbers(3, seed=1))
    (g,) = tg.autograd.grad((x.tanh() * w * x).sum(), x, create_graph=True)
    penalty = (g * g).sum()
    penalty.backward()
    return [g, penalty, x.grad]


@program
def gradient_of_gradient_in_grad() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    second = tg.autograd.grad(first.sum(), x)[0]
    x.grad = None
    return [first, second]


@program
def partial_gradients() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    w = tg.tensor(numbers(3, seed=1), requires_grad=True)
    h = x * w
    y = (h.exp() + w * h).sum()
    gx, gh = tg.autograd.grad(y, [x, h], retain_graph=True)
    seen = gx * 2 + gh
    y.backward(inputs=[w], retain_graph=True)
    y.backward(inputs=[w])
    unused = tg.autograd.grad((x * 2).sum(), [x, w], allow_unused=True)
    assert unused[1] is None
    return [seen, w.grad, unused[0] + 1]


@program
def hooks() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    h = x.sin()
    seen = []
    h.register_hook(lambda g: seen.append(g * 1))
    h.register_hook(lambda g: g * 10)
    h.retain_grad()
    x.register_hook(lambda g: g.clone().mul_(2.0))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad + 0))
    (h * h).sum().backward()
    return [*seen, x.grad, h.grad]


@program
def backward_within_backward() -> list[tg.Tensor]:
    x = tg.tensor(numbers(3), requires_grad=True)
    inner = tg.tensor(numbers(3, seed=2), requires_grad=True)

    def also(g: tg.Tensor) -> tg.Tensor:
        with tg.enable_grad():
            (inner.exp() * g).sum().backward()
        return g * 2

    h = x.tanh()
    h.register_hook(also)
    (h * x).sum().backward()
    return [x.grad, inner.grad]


class Shared(nn.Module):
    """Nested and shared modules, one called twice, a functional call, a scope of the user's."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.again = self.first
        self.register_buffer("shift", tg.ones(4))

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        h = self.body(self.first(x)) + self.shift
        with tg.scope("mixing"):
            h = h * self.body(h)
        return F.linear(h, self.first.weight.t()) + self.again(x).sum()


@program
def modules() -> list[tg.Tensor]:
    tg.manual_seed(0)
    model = Shared()
    x = tg.tensor(numbers(5, 3))
    with tg.scope("training"):
        out = model(x)
    loss = F.mse_loss(out, tg.zeros(5, 3))
    loss.backward()
    with tg.no_grad():
        out = model.eval()(x)
    return [out, loss, *[p.grad for p in model.parameters()]]


def _trained(optimizer: type, **options: object) -> list[tg.Tensor]:
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
    for p in model[3].parameters():
        p.requires_grad_(False)
    steps = optimizer(model.parameters(), **options)
    x, y = tg.tensor(numbers(6, 3)), tg.tensor([0, 1, 1, 0, 1, 0])
    losses = []
    for step in range(4):
        loss = F.cross_entropy(model(x), y)
        steps.zero_grad(set_to_none=step % 2 == 0)
        loss.backward()
        steps.step()
        losses.append(loss.detach())
    return [*losses, *model.state_dict().values()]


@program
def training_with_sgd() -> list[tg.Tensor]:
    return _trained(tg.optim.SGD, lr=0.1, momentum=0.9, weight_decay=0.01)


@program
def training_with_adam() -> list[tg.Tensor]:
    return _trained(tg.optim.Adam, lr=0.1)


@program
def training_by_hand() -> list[tg.Tensor]:
    w = tg.tensor(numbers(3, 1), requires_grad=True)
    x, y = tg.tensor(numbers(8, 3, seed=1)), tg.tensor(numbers(8, 1, seed=2))
    losses = []
    for _ in range(3):
        loss = (x @ w - y).pow(2).mean()
        loss.backward()
        with tg.no_grad():
            w -= 0.1 * w.grad
        w.grad.zero_()
        losses.append(loss.item())
    return [w, w.grad, tg.tensor(losses)]


@program
def threads() -> list[tg.Tensor]:
    results: list[tg.Tensor | None] = [None] * 3

    def work(n: int) -> None:
        x = tg.tensor(numbers(3, seed=n), requires_grad=True)
        for _ in range(20):
            x.grad = None
            with tg.scope(f"worker {n}"):
                h = x.tanh()
                (h * h + h).sum().backward()
        results[n] = x.grad

    workers = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [r for r in results if r is not None]


@program
def dtypes_and_empty_tensors() -> list[tg.Tensor]:
    half = tg.tensor([1.0, 2.0], dtype=tg.float16)
    double = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    z = half * 2 + tg.tensor([1, 2], dtype=tg.int8)
    (double * half.double()).sum().backward()
    nothing = tg.zeros(0, 3).sum(dim=0)
    flag = tg.tensor([True, False]) | tg.tensor([False, False])
    return [z, double.grad, nothing, flag, tg.tensor(3), tg.complex64 and tg.tensor([1 + 2j])]


@program
def not_finite() -> list[tg.Tensor]:
    x = tg.tensor([float("nan"), float("inf"), 0.0], requires_grad=True)
    y = x * 2 + x
    y.sum().backward()
    return [y, x.grad]


@program
def recorded_only_in_part() -> list[tg.Tensor]:
    """Tensors, nodes and modules from before the recording: see `test_recorder.py`."""
    return [BEFORE["y"] * 1, *_backward_of_before()]


BEFORE: dict[str, tg.Tensor] = {}


def prepare() -> None:
    """What is there before the recording begins."""
    x = tg.tensor(numbers(3), requires_grad=True)
    h = x.exp()
    one, two, three = h.split(1)
    BEFORE.update(x=x, h=h, one=one, y=h * h + one * two + three)


def _backward_of_before() -> list[tg.Tensor]:
    y = BEFORE["y"] * BEFORE["h"]
    y.sum().backward()
    return [y, BEFORE["x"].grad]
