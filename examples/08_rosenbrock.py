"""Down the valley of Rosenbrock's function: ten thousand small steps, or forty good ones.

python 08_rosenbrock.py                        gradient descent against L-BFGS
python 08_rosenbrock.py --record valley.trace  and keep the ops of L-BFGS
tracegrad open valley.trace                    then  v  goes from one write to `point` to the next:
                                               the way down, number by number

The valley is flat and bent, so that the gradient hardly ever points along it. L-BFGS guesses the
curvature from the last gradients; its line search keeps to the strong Wolfe conditions.

Source: Rosenbrock 1960; Nocedal and Wright 2006, "Numerical optimization", algorithms 7.4 and 3.5.
"""

import argparse
from contextlib import nullcontext

import tracegrad as tg


def rosenbrock(point: tg.Tensor) -> tg.Tensor:
    """0 at (1, 1), and larger everywhere else."""
    x, y = point
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def gradient_descent(start: list[float], steps: int) -> tuple[tg.Tensor, int]:
    """Where so many steps lead, and how often the function was evaluated."""
    point = tg.tensor(start, dtype=tg.float64, requires_grad=True)
    for _ in range(steps):
        (g,) = tg.autograd.grad(rosenbrock(point), point)
        with tg.no_grad():
            point -= 1e-3 * g
    return point.detach(), steps


def lbfgs(start: list[float], slope: float = 1e-10) -> tuple[tg.Tensor, int]:
    """Where L-BFGS finds it as flat as this, and how often it evaluated the function."""
    point = tg.tensor(start, dtype=tg.float64, requires_grad=True)
    optimizer = tg.optim.LBFGS(
        [point],
        max_iter=100,
        tolerance_grad=slope,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    evaluations = 0

    def closure() -> tg.Tensor:
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        loss = rosenbrock(point)
        loss.backward()
        return loss

    optimizer.step(closure)
    return point.detach(), evaluations


def show(name: str, point: tg.Tensor, evaluations: int) -> None:
    x, y = point.tolist()
    height = rosenbrock(point).item()
    print(f"{name:<17} ({x:.6f}, {y:.6f})   height {height:.1e}   {evaluations:,} evaluations")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000, help="of gradient descent")
    parser.add_argument("--record", metavar="FILE", help="keep the ops of L-BFGS in a trace file")
    options = parser.parse_args()

    start = [-1.2, 1.0]
    show("gradient descent", *gradient_descent(start, options.steps))
    with tg.record(options.record) if options.record else nullcontext():
        point, evaluations = lbfgs(start)
    show("L-BFGS", point, evaluations)


if __name__ == "__main__":
    main()
