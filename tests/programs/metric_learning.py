"""Vectors near where labels agree: triplets, the hardest pairs of a batch, unit vectors."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main, numbers, set_weights


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({"hidden": nn.Linear(6, 16), "out": nn.Linear(16, 4)})
        self.temperature = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return F.normalize(self.layers["out"](torch.relu(self.layers["hidden"](x))), dim=1)


def hardest(distances, labels):
    """The farthest example of the same class and the nearest of another, for each."""
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    farthest = distances.masked_fill(~same, float("-inf")).max(dim=1)[1]
    nearest = distances.masked_fill(same, float("inf")).argmin(dim=1)
    return farthest, nearest


def train(steps):
    labels = torch.arange(24) % 4
    points = 2.0 * numbers(4, 6, seed=8)[labels] + numbers(24, 6, seed=9)
    model = set_weights(Embedder())
    triplet = nn.TripletMarginLoss(margin=0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2, factor=0.5)
    losses = []
    for _ in range(steps):
        embedded = model(points)
        with torch.no_grad():
            farthest, nearest = hardest(torch.cdist(embedded, embedded), labels)
        loss = triplet(embedded, embedded[farthest], embedded.index_select(0, nearest))
        alike = embedded @ embedded.t() / model.temperature.exp()
        itself = torch.eye(24, dtype=torch.bool)
        log_prob = F.log_softmax(alike.masked_fill(itself, -1e9), dim=1)
        positive = (labels[:, None] == labels[None, :]) & ~itself
        loss = loss - (log_prob * positive).sum(1).div(positive.sum(1)).mean()
        cosine = F.cosine_similarity(embedded[0::2], embedded[1::2]).mean()
        loss = loss + 0.1 * cosine
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step(loss.item())
        losses.append(loss.item())
    return losses, model


if __name__ == "__main__":
    main(train)
