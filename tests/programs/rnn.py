"""The next letter of a text: an embedding and a gated cell written by hand, unrolled in time."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main, set_weights

TEXT = "the cat sat on the mat and the rat sat on the cat "


class Cell(nn.Module):
    def __init__(self, size_in, size):
        super().__init__()
        self.from_input = nn.Linear(size_in, 3 * size)
        self.from_state = nn.Linear(size, 3 * size)

    def forward(self, x, h):
        i_r, i_z, i_n = self.from_input(x).chunk(3, dim=-1)
        h_r, h_z, h_n = self.from_state(h).chunk(3, dim=-1)
        r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
        n = torch.tanh(i_n + r * h_n)
        return (1 - z) * n + z * h


class Letters(nn.Module):
    def __init__(self, count, size=24):
        super().__init__()
        self.embedding = nn.Embedding(count, 12)
        self.cell = Cell(12, size)
        self.head = nn.Linear(size, count)
        self.size = size

    def forward(self, letters):
        h = torch.zeros(letters.size(0), self.size)
        outputs = []
        for x in self.embedding(letters).unbind(1):
            h = self.cell(x, h)
            outputs.append(h)
        return self.head(torch.stack(outputs, dim=1))


def train(steps):
    alphabet = sorted(set(TEXT))
    numbers = torch.tensor([alphabet.index(letter) for letter in TEXT])
    windows = numbers[:48].view(4, 12)
    x, y = windows[:, :-1], windows[:, 1:]
    model = set_weights(Letters(len(alphabet)))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
    losses = []
    for _ in range(steps):
        logits = model(x)
        loss = F.cross_entropy(logits.reshape(-1, len(alphabet)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses, model


if __name__ == "__main__":
    main(train)
