"""Pictures of bars: convolutions, batch normalisation, pooling; state saved and loaded."""

import torch
import torch.nn as nn
import torch.optim as optim
from shared import main, numbers, set_weights


class Block(nn.Module):
    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels_out)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(Block(1, 6), nn.MaxPool2d(2), Block(6, 12), nn.MaxPool2d(2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(12, 2)

    def forward(self, x):
        return self.classifier(torch.flatten(self.pool(self.features(x)), 1))


def bars(count):
    pictures = 0.3 * numbers(count, 1, 12, 12, seed=3)
    labels = torch.arange(count) % 2
    for n in range(count):
        if labels[n] == 0:
            pictures[n, 0, n % 12, :] += 2.0
        else:
            pictures[n, 0, :, n % 12] += 2.0
    return pictures, labels


def train(steps):
    pictures, labels = bars(16)
    model = set_weights(ConvNet())
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = optim.SGD(
        model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True
    )
    losses = []
    for _ in range(steps):
        loss = criterion(model(pictures), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    copy = ConvNet()
    copy.load_state_dict(model.state_dict())
    copy.eval()
    model.eval()
    with torch.no_grad():
        assert torch.equal(copy(pictures), model(pictures))
        losses.append(criterion(copy(pictures), labels).item())
    return losses, model


if __name__ == "__main__":
    main(train)
