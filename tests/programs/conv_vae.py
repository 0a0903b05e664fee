"""A convolutional variational autoencoder: own noise, logged means, a picture of samples."""

import torch
import torch.utils.data
from shared import main
from torch import nn, optim
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self, latent=4):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1),
            nn.ELU(),
            nn.Conv2d(4, 8, 3, stride=2, padding=1),
            nn.ELU(),
            nn.Flatten(),
        )
        self.to_mu, self.to_logvar = nn.Linear(72, latent), nn.Linear(72, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, 72),
            nn.ELU(),
            nn.Unflatten(1, (8, 3, 3)),
            nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1),
            nn.ELU(),
            nn.ConvTranspose2d(4, 1, 3, stride=2, padding=1, output_padding=1),
        )

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def forward(self, x):
        h = self.encoder(x)
        mu, logvar = self.to_mu(h), self.to_logvar(h)
        z = self.reparameterize(mu, logvar)
        return torch.sigmoid(self.decoder(z)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def train(steps):
    torch.manual_seed(1)
    strokes = torch.zeros(32, 1, 12, 12)
    for n, picture in enumerate(strokes):
        picture[0, n % 12 if n % 2 else slice(None), slice(None) if n % 2 else n % 12] = 1.0
    loader = torch.utils.data.DataLoader(strokes, batch_size=8, shuffle=True, drop_last=True)
    model = VAE()
    optimizer = optim.Adamax(model.parameters(), lr=2e-2)
    losses = []
    while len(losses) < steps:
        train_loss = 0
        for data in loader:
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = loss_function(recon_batch, data, mu, logvar)
            loss.backward()
            train_loss += loss.item()
            optimizer.step()
            losses.append(loss.item() / len(data))
    with torch.no_grad():
        sample = model.decoder(torch.randn(6, 4)).sigmoid()
        losses.append(sample.sum().item())
    return losses, model


if __name__ == "__main__":
    main(train)
