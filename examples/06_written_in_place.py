"""Writing in place: what backward refuses, what no counter can see, and how to look at both.

`exp` keeps its result for backward, since the slope of exp is exp. Whoever writes to that result
takes it away, and PyTorch says of it only that something was "modified by an inplace operation".

    python 06_written_in_place.py
"""

import tracegrad as tg
from tracegrad.autograd import detect_anomaly, graph

x = tg.tensor([0.0, 1.0, 2.0], requires_grad=True)


def gradient_of(loss: tg.Tensor) -> list[float]:
    """The gradient for x alone, without adding to `x.grad`."""
    (gradient,) = tg.autograd.grad(loss, x)
    return [round(number, 3) for number in gradient.tolist()]


# -- a write that backward refuses -----------------------------------------------------------------

scores = x.exp()
scores[0] = 5.0
scores += 1
try:
    gradient_of(scores.sum())
except tg.InplaceModificationError as error:
    print(error)
    print(f"the culprit alone: {error.changes[0].by.where}\n")

# -- two cures -------------------------------------------------------------------------------------

scores = x.exp()
scores = scores + 1
print(f"out of place: {gradient_of(scores.sum())}")

with graph.allow_mutation_on_saved_tensors() as preserved:
    scores = x.exp()
    scores += 1
    print(f"in place, allowed: {gradient_of(scores.sum())} for {preserved.copies} copy\n")

# -- every version of a tensor ---------------------------------------------------------------------

with tg.record() as trace:
    table = tg.zeros(2, 3)
    table += 1
    table[0] = 5
    table.t()[2].mul_(10)
print(trace.history(table), "\n")

# -- a write that no counter sees ------------------------------------------------------------------


def careless() -> list[float]:
    scores = x.exp()
    numbers = scores.detach().numpy()  # the same memory
    doubled = scores * 2
    numbers *= 0
    return gradient_of(doubled.sum())


print(f"wrong, and nobody says so: {careless()}")
with detect_anomaly(check_writes=True):
    try:
        careless()
    except tg.InplaceModificationError as error:
        print(f"found: {error.changes[0].by}")
