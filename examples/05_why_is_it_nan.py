"""A loss that is fine and a gradient that is NaN: let the trace say which op did it, and why.

The distance of two equal points is 0, and the slope of a square root at 0 is infinite. The chain
rule multiplies it by the slope of the square below it, which is 0: inf * 0 = NaN.

    python 05_why_is_it_nan.py [PICTURE]      for example nan.svg
"""

import sys

import tracegrad as tg
from tracegrad import viz


def distance(a: tg.Tensor, b: tg.Tensor, epsilon: float = 0.0) -> tg.Tensor:
    """Euclidean distance of each row of `a` to the same row of `b`."""
    return ((a - b).pow(2).sum(dim=1) + epsilon).sqrt()


anchors = tg.tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0]])
points = tg.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]], requires_grad=True)

# -- what happens ----------------------------------------------------------------------------------

with tg.record() as trace:
    loss = distance(points, anchors).mean()
    loss.backward()

print(f"loss {loss.item():.3f}")
print(f"gradient {points.grad.tolist()}")

# -- why: the first gradient that is not finite, and what came in ----------------------------------


def bad(value: int | None) -> int:
    """How many elements of a recorded value are NaN or infinite."""
    stats = trace.stats(value) if value is not None else None
    return stats.nan + stats.inf if stats else 0


for event in trace.events():
    if any(bad(output) for output in event.outputs):
        place = trace.location(event.location)
        print(f"first in the {event.kind} of {event.op}, {place.short}: {place.expression}")
        forward = trace.event(event.forward)
        for value in forward.inputs:
            print(f"  its input was {trace.array(value).tolist()}")
        break

# -- the cure --------------------------------------------------------------------------------------

points.grad = None
distance(points, anchors, epsilon=1e-12).mean().backward()
print(f"with an epsilon under the root: {points.grad.tolist()}")

if len(sys.argv) > 1:
    viz.draw(trace, sys.argv[1])
    print(f"picture in {sys.argv[1]}")
