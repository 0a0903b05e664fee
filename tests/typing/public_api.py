"""What a type checker or an editor sees of the public interface. Checked by pyright, never run."""

from typing import assert_type

import tracegrad as tg
from tracegrad import nn
from tracegrad.recording.live import StreamedTrace, Trace

x = tg.randn(2, 3)
w = tg.ones(3, 4, requires_grad=True)

assert_type(x, tg.Tensor)
assert_type(x @ w, tg.Tensor)
assert_type(2.0 * x - 1, tg.Tensor)
assert_type(x.relu(), tg.Tensor)
assert_type(x.sum(0, True), tg.Tensor)
assert_type(x.add_(1.0), tg.Tensor)
assert_type(x[0, 1:], tg.Tensor)
assert_type(x.T, tg.Tensor)
assert_type(x.unbind(0), tuple[tg.Tensor, ...])
assert_type(x.shape, tg.Size)
assert_type(x.size(0), int)
assert_type(x.requires_grad, bool)
assert_type(x.grad, tg.Tensor | None)
assert_type(tg.where(x > 0, x, 0.0), tg.Tensor)
assert_type(tg.where(x > 0), tuple[tg.Tensor, ...])
assert_type(x.max(), tg.Tensor)
assert_type(tg.max(x, 1).indices, tg.Tensor)
assert_type(tg.cat([x, x], dim=1), tg.Tensor)
assert_type(tg.autograd.grad(x.sum(), x), tuple[tg.Tensor | None, ...])

model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
optimizer.zero_grad()
loss = nn.functional.mse_loss(model(x), tg.zeros(2, 4))
assert_type(loss, tg.Tensor)
loss.backward()
optimizer.step()

with tg.record() as trace:
    assert_type(trace, Trace | StreamedTrace)
    assert_type(trace.event_count, int)
with tg.no_grad():
    w -= 0.1 * x.T @ x @ w


@tg.no_grad()
def with_parentheses(n: int) -> str:
    return str(n)


@tg.no_grad
def without(n: int) -> str:
    return str(n)


assert_type(with_parentheses(1), str)
assert_type(without(1), str)
