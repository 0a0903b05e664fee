"""Two branches that share weights: triplets and pairs from balanced batches, nearest neighbours."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset
from torch.utils.data.sampler import BatchSampler, WeightedRandomSampler


class Shapes(Dataset):
    """Curves of three frequencies, of random phase and height."""

    def __init__(self, count):
        self.targets = torch.arange(count) % 3
        phase = 6.3 * torch.rand(count, 1)
        t = torch.linspace(0, 6.3, 32)
        self.data = torch.sin((1.0 + self.targets)[:, None] * t + phase)
        self.data = (self.data * torch.empty(count, 1).uniform_(0.5, 2)).unsqueeze(1)

    def __len__(self):
        return self.data.shape[0]

    def __getitem__(self, index):
        return {"x": self.data[index], "y": int(self.targets[index]), "index": index}


class EmbeddingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convnet = nn.Sequential(
            nn.Conv1d(1, 8, 5),
            nn.PReLU(),
            nn.MaxPool1d(2, stride=2),
            nn.Conv1d(8, 8, 5, groups=2, dilation=2),
            nn.InstanceNorm1d(8, affine=True),
            nn.SELU(),
            nn.AdaptiveMaxPool1d(4),
        )
        self.fc = nn.Sequential(nn.Linear(8 * 4, 16), nn.PReLU(), nn.Linear(16, 4))

    def forward(self, x):
        output = self.convnet(x)
        output = output.view(output.size()[0], -1)
        return F.normalize(self.fc(output), p=2, dim=1)


def hardest_triplets(embeddings, labels):
    """For each anchor the farthest of its class and the nearest of another."""
    distances = torch.cdist(embeddings.detach(), embeddings.detach())
    same = labels[:, None] == labels[None, :]
    positive = distances.masked_fill(~same, -1).argmax(dim=1)
    negative = distances.masked_fill(same, float("inf")).argmin(dim=1)
    return positive, negative


def train(steps):
    torch.manual_seed(6)
    dataset = ConcatDataset([Shapes(30), Shapes(30)])
    train_set, test_set = Subset(dataset, range(45)), Subset(dataset, range(45, 60))
    weights = torch.ones(45).scatter_(0, torch.arange(0, 45, 3), 2.0)
    sampler = WeightedRandomSampler(weights, 48, replacement=True)
    batch_sampler = BatchSampler(sampler, batch_size=16, drop_last=False)
    loader = DataLoader(train_set, batch_sampler=batch_sampler)
    model = EmbeddingNet()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.CyclicLR(
        optimizer, base_lr=0.5, max_lr=2.0, step_size_up=4, cycle_momentum=False
    )
    triplet_loss = nn.TripletMarginLoss(margin=0.5, p=2)
    pair_loss = nn.CosineEmbeddingLoss(margin=0.2)
    losses = []
    while len(losses) < steps:
        for batch in loader:
            embeddings = model(batch["x"])
            positive, negative = hardest_triplets(embeddings, batch["y"])
            loss = triplet_loss(embeddings, embeddings[positive], embeddings[negative])
            sign = torch.where(batch["y"] == batch["y"].roll(1), 1, -1)
            loss = loss + 0.5 * pair_loss(embeddings, embeddings.roll(1, dims=0), sign)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
    model.eval()
    with torch.inference_mode():
        seen = next(iter(DataLoader(train_set, batch_size=len(train_set))))
        new = next(iter(DataLoader(test_set, batch_size=len(test_set))))
        nearest = torch.cdist(model(new["x"]), model(seen["x"])).topk(3, largest=False).indices
        voted = seen["y"][nearest].mode(dim=1).values
        losses.append((voted == new["y"]).to(torch.float64).mean().item())
    return losses, model


if __name__ == "__main__":
    main(train)
