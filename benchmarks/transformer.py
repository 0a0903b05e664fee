"""Transformers against PyTorch: milliseconds of training steps, and of the parts that they are made
of.

Every figure is the median of interleaved rounds in one process with one thread, as in
`small_work.py`. Needs the extra `parity`::

    python benchmarks/transformer.py [--rounds 9]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from small_work import Work, interleaved, show

import tracegrad as tg

LIBRARIES: dict[str, Any] = {"torch": torch, "tracegrad": tg}
BATCH, LENGTH, WIDTH, HEADS, BLOCKS, WORDS = 8, 64, 128, 4, 4, 64


def numbers(library: Any, *shape: int, grad: bool = False) -> Any:
    drawn = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return library.tensor(drawn, requires_grad=grad)


# -- a small GPT -----------------------------------------------------------------------------------


def gpt(library: Any) -> Any:
    """Blocks as in nanoGPT: norm first, one product for queries, keys and values."""
    nn, F = library.nn, library.nn.functional

    class Attention(nn.Module):  # type: ignore[misc]  # of either library
        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            parts = self.qkv(x).split(WIDTH, dim=2)
            q, k, v = (t.view(BATCH, LENGTH, HEADS, WIDTH // HEADS).transpose(1, 2) for t in parts)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.out(y.transpose(1, 2).contiguous().view(BATCH, LENGTH, WIDTH))

    class Block(nn.Module):  # type: ignore[misc]  # of either library
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.attention = Attention()
            self.mlp = nn.Sequential(
                nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
            )

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    class GPT(nn.Module):  # type: ignore[misc]  # of either library
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
            self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
            self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS)

        def forward(self, index: Any) -> Any:
            x = self.words(index) + self.places(library.arange(LENGTH))
            return self.head(self.norm(self.blocks(x)))

    return GPT()


def gpt_step(library: Any) -> Work:
    """Forward, cross entropy, backward, AdamW."""
    library.manual_seed(0)
    model = gpt(library)
    optimizer = library.optim.AdamW(model.parameters(), lr=1e-3)
    drawn = np.random.default_rng(0).integers(0, WORDS, (2, BATCH, LENGTH))
    x, y = (library.tensor(part) for part in drawn)

    def step() -> None:
        optimizer.zero_grad()
        logits = model(x).view(-1, WORDS)
        library.nn.functional.cross_entropy(logits, y.view(-1)).backward()
        optimizer.step()

    return step


# -- layers ----------------------------------------------------------------------------------------


def module_step(text: str) -> Callable[[Any], Work]:
    """Forward and backward of a module on a batch of sequences."""

    def step_of(library: Any) -> Work:
        library.manual_seed(0)
        module = eval(text, {"nn": library.nn})
        x = numbers(library, BATCH, LENGTH, WIDTH, grad=True)
        g = numbers(library, BATCH, LENGTH, WIDTH)

        def step() -> None:
            module(x).backward(g)
            module.zero_grad()
            x.grad = None

        return step

    return step_of


def function_step(call: Callable[[Any, Any], Any], *shape: int) -> Callable[[Any], Work]:
    """Forward and backward of a function of one tensor, which is no leaf."""

    def step_of(library: Any) -> Work:
        x = numbers(library, *shape, grad=True)

        def step() -> None:
            y = call(library.nn.functional, x + 0)
            y.backward(y.detach())
            x.grad = None

        return step

    return step_of


def bag_step(library: Any) -> Work:
    """The mean of 100 rows for each of 256 bags, with gradients of the table."""
    library.manual_seed(0)
    bag = library.nn.EmbeddingBag(10_000, 64)
    index = library.tensor(np.random.default_rng(0).integers(0, 10_000, (256, 100)))

    def step() -> None:
        bag(index).sum().backward()
        bag.weight.grad = None

    return step


LAYER = f"({WIDTH}, {HEADS}, {4 * WIDTH}, 0.1, 'gelu', batch_first=True)"
STEPS: dict[str, Callable[[Any], Work]] = {
    "GPT, training step with AdamW": gpt_step,
    "TransformerEncoderLayer, both ways": module_step(f"nn.TransformerEncoderLayer{LAYER}"),
    "LayerNorm, both ways": module_step(f"nn.LayerNorm({WIDTH})"),
    "EmbeddingBag, both ways": bag_step,
    "gelu, both ways": function_step(lambda F, x: F.gelu(x), BATCH, LENGTH, 4 * WIDTH),
    "softmax, both ways": function_step(
        lambda F, x: F.softmax(x, -1), BATCH, HEADS, LENGTH, LENGTH
    ),
    "causal attention, both ways": function_step(
        lambda F, x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
        BATCH, HEADS, LENGTH, WIDTH // HEADS,
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(f"tracegrad {tg.__version__}, torch {torch.__version__}, one thread, milliseconds")
    for title, step_of in STEPS.items():
        works = {name: step_of(library) for name, library in LIBRARIES.items()}
        show(title, 1e3, interleaved(works, rounds, 10), {"tracegrad": 1.1})


if __name__ == "__main__":
    main()
