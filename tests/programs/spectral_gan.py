"""A DCGAN by the tutorial: weights by class name, spectral norm and a hinge for the critic."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main
from torch.nn.utils import spectral_norm

nz, ngf, ndf, nc = 8, 6, 6, 3


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1 and hasattr(m, "weight"):
        nn.init.normal_(m.weight.data, 0.0, 0.1)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            # input is Z, going into a convolution
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            # state size. (ngf*2) x 4 x 4
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            # state size. (ngf) x 8 x 8
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            spectral_norm(nn.Conv2d(nc, ndf, 4, 2, 1, bias=False)),
            nn.LeakyReLU(0.2, inplace=True),
            spectral_norm(nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False)),
            nn.LeakyReLU(0.2, inplace=True),
            spectral_norm(nn.Conv2d(ndf * 2, 1, 4, 1, 0, bias=False)),
        )

    def forward(self, input):
        return self.main(input).view(-1)


def train(steps):
    torch.manual_seed(999)
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    netG = Generator().to(device)
    netG.apply(weights_init)
    netD = Discriminator().to(device)
    fixed_noise = torch.randn(4, nz, 1, 1, device=device)
    real = torch.tanh(torch.randn(8, nc, 1, 16, device=device).cumsum(3)).repeat(1, 1, 16, 1)
    optimizerD = torch.optim.Adam(netD.parameters(), lr=4e-3, betas=(0.0, 0.9))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.0, 0.9))
    losses, img_list = [], []
    for iters in range(steps):
        # (1) Update D network
        netD.zero_grad()
        noise = torch.randn(real.size(0), nz, 1, 1, device=device)
        with torch.no_grad():
            fake = netG(noise)
        errD = F.relu(1.0 - netD(real)).mean() + F.relu(1.0 + netD(fake)).mean()
        errD.backward()
        optimizerD.step()
        # (2) Update G network
        for p in netD.parameters():
            p.requires_grad_(False)
        netG.zero_grad()
        errG = -netD(netG(noise)).mean()
        errG.backward()
        optimizerG.step()
        for p in netD.parameters():
            p.requires_grad_(True)
        losses += [errD.item(), errG.item()]
        if iters % 5 == 0 or iters == steps - 1:
            with torch.no_grad():
                img_list.append(netG(fixed_noise).detach().cpu())
    losses.append(torch.stack(img_list).pow(2).mean().item())
    return losses, netG, netD


if __name__ == "__main__":
    main(train)
