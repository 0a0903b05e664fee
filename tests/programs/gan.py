"""Two networks against each other: transposed convolutions, detached fakes, two optimizers."""

import torch
import torch.nn as nn
from shared import main, numbers, set_weights


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(4, 8, 4, 1, 0, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(True),
            nn.ConvTranspose2d(8, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 8, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, 1, 4, 1, 0, bias=False),
        )

    def forward(self, input):
        return self.main(input).view(-1)


def train(steps):
    real = torch.tanh(numbers(8, 1, 8, 8, seed=6).cumsum(3) * 0.3)
    netG, netD = set_weights(Generator(), 1), set_weights(Discriminator(), 2)
    criterion = nn.BCEWithLogitsLoss()
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))
    losses = []
    for step in range(steps):
        netD.zero_grad()
        label = torch.full((8,), 1.0)
        errD_real = criterion(netD(real), label)
        errD_real.backward()
        fake = netG(numbers(8, 4, 1, 1, seed=200 + step))
        label.fill_(0.0)
        errD_fake = criterion(netD(fake.detach()), label)
        errD_fake.backward()
        optimizerD.step()
        netG.zero_grad()
        label.fill_(1.0)
        errG = criterion(netD(fake), label)
        errG.backward()
        optimizerG.step()
        losses.append((errD_real + errD_fake).item())
        losses.append(errG.item())
    return losses, netG, netD


if __name__ == "__main__":
    main(train)
