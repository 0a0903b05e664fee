"""What the programs share: numbers that are the same in every library, and the way they are run.

Each program beside this file is written for PyTorch, with `import torch`, and defines
`train(steps)`, which gives the loss of every step and the networks that it trained. As a script it
trains once in float32 and once in float64, and prints the losses and the weights at the end as
JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import numpy as np
import torch


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    """Normal numbers in the default dtype."""
    drawn = np.random.default_rng(seed).standard_normal(shape)
    return torch.tensor(drawn, dtype=torch.get_default_dtype())


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    """Uniform numbers in [0, 1) in the default dtype."""
    drawn = np.random.default_rng(seed).random(shape)
    return torch.tensor(drawn, dtype=torch.get_default_dtype())


def set_weights(module: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Weights by their size, scales near 1, biases near 0."""
    random = np.random.default_rng(seed)
    with torch.no_grad():
        for name, p in module.named_parameters():
            drawn = random.standard_normal(tuple(p.shape))
            if p.dim() > 1:
                drawn /= np.sqrt(p[0].numel())
            else:
                drawn = drawn * 0.1 + name.endswith("weight")
            p.copy_(torch.tensor(drawn, dtype=p.dtype))
    return module


def weights(modules: list[torch.nn.Module]) -> dict[str, list[float]]:
    """All that the state dictionaries hold, flat, by name."""
    return {
        f"{number}.{name}": value.flatten().tolist()
        for number, module in enumerate(modules)
        for name, value in module.state_dict().items()
    }


def main(train: Callable[[int], tuple[list[float], *tuple[torch.nn.Module, ...]]]) -> None:
    """Train in both precisions for as many steps as the command line says, and print the losses."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    before = torch.get_default_dtype()
    outcome = {}
    for dtype in (torch.float32, torch.float64):
        torch.set_default_dtype(dtype)
        losses, *modules = train(steps)
        outcome[str(dtype).split(".")[-1]] = {"losses": losses, "weights": weights(modules)}
    torch.set_default_dtype(before)
    print(json.dumps(outcome))
