"""A small GPT that learns Shakespeare's sonnets letter by letter, and then writes some.

python 12_small_gpt.py                                                    a minute of training
python 12_small_gpt.py --layers 4 --width 128 --context 128 --steps 2000  until it knows them
python 12_small_gpt.py --steps 3 --record gpt.trace                       keep every op
tracegrad open gpt.trace        then  / softmax  shows which letters each letter looks at

Source: Vaswani et al. 2017, "Attention is all you need", with the normalisation in front (Radford
et al. 2019).
"""

import argparse
import math
from contextlib import nullcontext
from pathlib import Path

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn

TEXT = (Path(__file__).parent / "data" / "sonnets.txt").read_text()
LETTERS = sorted(set(TEXT))
NUMBERS = tg.tensor([LETTERS.index(letter) for letter in TEXT])


class Attention(nn.Module):
    """Each letter gathers from those before it. `(batch, time, width)` in and out."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        batch, time, width = x.shape
        parts = self.project(x).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (batch, heads, time, per head)
        score = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        later = tg.ones(time, time, dtype=tg.bool).triu(1)
        weight = score.masked_fill(later, -math.inf).softmax(dim=-1)
        return self.out((weight @ value).transpose(1, 2).reshape(batch, time, width))


class Block(nn.Module):
    """Attention and two linear layers, each added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class GPT(nn.Module):
    """From letters `(batch, time)` to scores of the next letter `(batch, time, letters)`."""

    def __init__(self, layers: int, width: int, heads: int, context: int) -> None:
        super().__init__()
        self.context = context
        self.letter = nn.Embedding(len(LETTERS), width)
        self.place = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, len(LETTERS))

    def forward(self, letters: tg.Tensor) -> tg.Tensor:
        x = self.letter(letters) + self.place(tg.arange(letters.shape[1]))
        return self.score(self.norm(self.blocks(x)))

    @tg.no_grad()
    def write(self, start: str, length: int) -> str:
        letters = [LETTERS.index(letter) for letter in start]
        for _ in range(length):
            scores = self(tg.tensor([letters[-self.context :]]))[0, -1]
            letters.append(tg.multinomial(scores.softmax(dim=0), 1).item())
        return "".join(LETTERS[n] for n in letters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--record", metavar="FILE", help="keep every op in a trace file")
    options = parser.parse_args()

    tg.manual_seed(0)
    net = GPT(options.layers, options.width, heads=4, context=options.context)
    optimizer = tg.optim.AdamW(net.parameters(), lr=3e-3)
    print(f"{sum(p.numel() for p in net.parameters()):,} parameters, {len(LETTERS)} letters")

    with tg.record(options.record) if options.record else nullcontext():
        for step in range(options.steps):
            starts = tg.randint(len(NUMBERS) - options.context - 1, (16,)).tolist()
            windows = tg.stack([NUMBERS[n : n + options.context + 1] for n in starts])
            scores = net(windows[:, :-1])
            loss = F.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            if step % 100 == 0 or step == options.steps - 1:
                print(f"step {step:4}   loss {loss.item():.3f}")
    print(net.write("Shall I ", 160))


if __name__ == "__main__":
    main()
