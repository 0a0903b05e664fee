"""Tell three species of penguins apart by four measurements: real data, trained in a second.

python 04_penguins.py                            train
python 04_penguins.py --record penguins.trace    and keep every op of the first steps
tracegrad open penguins.trace                    step through them, both ways
"""

import argparse
import csv
from contextlib import nullcontext
from pathlib import Path

import numpy as np

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn

SPECIES = ["Adelie", "Chinstrap", "Gentoo"]
MEASUREMENTS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def load_penguins() -> tuple[np.ndarray, np.ndarray]:
    """Measurements (342, 4) and species (342,); birds that were not measured are dropped."""
    with open(Path(__file__).parent / "data" / "penguins.csv", newline="") as file:
        birds = [bird for bird in csv.DictReader(file) if bird["body_mass_g"] != "NA"]
    x = np.array([[float(bird[name]) for name in MEASUREMENTS] for bird in birds], np.float32)
    y = np.array([SPECIES.index(bird["species"]) for bird in birds])
    order = np.random.default_rng(0).permutation(len(birds))
    return x[order], y[order]


def accuracy(net: nn.Module, x: tg.Tensor, y: tg.Tensor) -> float:
    """Share of birds whose species is told right."""
    with tg.no_grad():
        return (net(x).argmax(dim=1) == y).float().mean().item()


def train_step(net: nn.Module, optimizer: tg.optim.Optimizer, x: tg.Tensor, y: tg.Tensor) -> float:
    loss = F.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--record", metavar="FILE", help="keep the first steps in a trace file")
    parser.add_argument("--record-steps", type=int, default=12)
    options = parser.parse_args()

    x, y = load_penguins()
    test = len(x) // 4
    mean, std = x[test:].mean(axis=0), x[test:].std(axis=0)  # of the birds that it learns from
    x = (x - mean) / std
    x_test, y_test = tg.from_numpy(x[:test]), tg.from_numpy(y[:test])
    x_train, y_train = tg.from_numpy(x[test:]), tg.from_numpy(y[test:])

    tg.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))
    optimizer = tg.optim.Adam(net.parameters(), lr=0.01)

    recorded = min(options.record_steps, options.steps) if options.record else 0
    losses = []
    with tg.record(options.record) if recorded else nullcontext():
        for _ in range(recorded):
            losses.append(train_step(net, optimizer, x_train, y_train))
    for _ in range(options.steps - recorded):
        losses.append(train_step(net, optimizer, x_train, y_train))

    print(f"{len(x_train)} penguins to learn from, {len(x_test)} to be tested on")
    print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f} in {len(losses)} steps", end=", ")
    print(f"{accuracy(net, x_test, y_test):.1%} of the test penguins told right")


if __name__ == "__main__":
    main()
