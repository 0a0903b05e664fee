"""A curve through points: a network with two hidden layers, full batches, momentum."""

import torch
import torch.nn as nn
from shared import main, numbers, set_weights


def train(steps):
    x = torch.linspace(-3, 3, 64).unsqueeze(1)
    y = torch.sin(x) + 0.1 * numbers(64, 1, seed=1)
    net = set_weights(
        nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    )
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, net


if __name__ == "__main__":
    main(train)
