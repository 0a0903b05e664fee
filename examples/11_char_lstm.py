"""An LSTM that learns Shakespeare's sonnets letter by letter, and then writes some.

python 11_char_lstm.py                               a minute of training
python 11_char_lstm.py --width 256 --steps 3000      until it knows them
python 11_char_lstm.py --steps 2 --record lstm.trace keep every op
tracegrad open lstm.trace       then  / lstm_state  and  n  goes through time, one letter after the
                                other, and  x  from a letter to its gradient

The state goes on from one stretch of text to the next, without its history: backpropagation through
time ends where `detach` cuts it.

Source: Hochreiter and Schmidhuber 1997, "Long short-term memory".
"""

import argparse
from contextlib import nullcontext
from pathlib import Path

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn

TEXT = (Path(__file__).parent / "data" / "sonnets.txt").read_text()
LETTERS = sorted(set(TEXT))
NUMBERS = tg.tensor([LETTERS.index(letter) for letter in TEXT])
BATCH, STRETCH = 16, 32

State = tuple[tg.Tensor, tg.Tensor]


class Writer(nn.Module):
    """From letters `(batch, time)` to scores of the next letter `(batch, time, letters)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), 32)
        self.memory = nn.LSTM(32, width, batch_first=True)
        self.score = nn.Linear(width, len(LETTERS))

    def forward(self, letters: tg.Tensor, state: State | None) -> tuple[tg.Tensor, State]:
        h, state = self.memory(self.letter(letters), state)
        return self.score(h), state

    @tg.no_grad()
    def write(self, start: str, length: int) -> str:
        """So many letters after `start`, each drawn by its probability."""
        text, state = start, None
        letters = tg.tensor([[LETTERS.index(letter) for letter in start]])
        for _ in range(length):
            scores, state = self(letters, state)
            letters = tg.multinomial(scores[:, -1].softmax(dim=1), 1)
            text += LETTERS[letters.item()]
        return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--record", metavar="FILE", help="keep every op in a trace file")
    options = parser.parse_args()

    tg.manual_seed(0)
    net = Writer(options.width)
    optimizer = tg.optim.Adam(net.parameters(), lr=5e-3)

    # The text as 16 readers side by side; each reads its part from the beginning to the end.
    part = (len(NUMBERS) - 1) // BATCH
    texts = NUMBERS[: BATCH * part].view(BATCH, part)
    nexts = NUMBERS[1 : BATCH * part + 1].view(BATCH, part)

    state, start = None, 0
    with tg.record(options.record) if options.record else nullcontext():
        for step in range(options.steps):
            if start + STRETCH > part:
                state, start = None, 0
            here = slice(start, start + STRETCH)
            start += STRETCH
            scores, state = net(texts[:, here], state)
            loss = F.cross_entropy(scores.flatten(0, 1), nexts[:, here].flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            state = (state[0].detach(), state[1].detach())
            if step % 100 == 0 or step == options.steps - 1:
                print(f"step {step:4}   loss {loss.item():.3f}")
    print(net.write("Shall I ", 160))


if __name__ == "__main__":
    main()
