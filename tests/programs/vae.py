"""A variational autoencoder: two heads, noise from outside, a sum of two losses."""

import torch
from shared import main, numbers, set_weights, uniform
from torch import nn
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 16)
        self.fc21 = nn.Linear(16, 3)
        self.fc22 = nn.Linear(16, 3)
        self.fc3 = nn.Linear(3, 16)
        self.fc4 = nn.Linear(16, 20)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x, eps):
        mu, logvar = self.encode(x.view(-1, 20))
        std = torch.exp(0.5 * logvar)
        return self.decode(mu + eps * std), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 20), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def train(steps):
    data = (uniform(32, 4, 5, seed=5) < torch.linspace(0.1, 0.9, 5)).to(torch.get_default_dtype())
    model = set_weights(VAE())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    model.train()
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        recon, mu, logvar = model(data, numbers(32, 3, seed=100 + step))
        loss = loss_function(recon, data, mu, logvar)
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / len(data))
    return losses, model


if __name__ == "__main__":
    main(train)
