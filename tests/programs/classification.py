"""Three classes of points: a loader, a schedule, clipped gradients, an evaluation."""

import torch
import torch.nn.functional as F
from shared import main, numbers, set_weights
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset, random_split


class Points(Dataset):
    def __init__(self, count):
        self.labels = torch.arange(count) % 3
        centres = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])
        self.points = centres[self.labels] + numbers(count, 2, seed=2)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.points[index], self.labels[index]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 16)
        self.fc2 = nn.Linear(16, 3)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.dropout(x)
        return F.log_softmax(self.fc2(x), dim=1)


def train(steps):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_set, test_set = random_split(
        Points(120), [96, 24], generator=torch.Generator().manual_seed(0)
    )
    # In a fixed order, and without dropout.
    train_loader = DataLoader(
        sorted(train_set, key=lambda example: example[0][0].item()), batch_size=32
    )
    test_loader = DataLoader(test_set, batch_size=8, shuffle=False)
    model = set_weights(Net()).to(device)
    model.dropout.eval()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    losses = []
    while len(losses) < steps:
        for data, target in train_loader:
            data, target = data.to(device), target.to(device)
            optimizer.zero_grad()
            loss = F.nll_loss(model(data), target)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    model.eval()
    test_loss, correct = 0.0, 0
    with torch.no_grad():
        for data, target in test_loader:
            output = model(data.to(device))
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            correct += (
                output.argmax(dim=1, keepdim=True)
                .eq(target.view_as(output.argmax(dim=1, keepdim=True)))
                .sum()
                .item()
            )
    assert correct >= len(test_set) / 2
    return [*losses[:steps], test_loss / len(test_set)], model


if __name__ == "__main__":
    main(train)
