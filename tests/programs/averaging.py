"""Averages of weights: SWA with its schedule and its pass over batch norm, and an EMA beside it."""

import torch
from shared import main
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from torch.utils.data import DataLoader, TensorDataset


def mlp(*sizes):
    layers = []
    for n_in, n_out in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [nn.Linear(n_in, n_out, bias=False), nn.BatchNorm1d(n_out), nn.Hardswish()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def train(steps):
    torch.manual_seed(42)
    x = torch.randn(96, 5)
    y = torch.stack([x.prod(dim=1).tanh(), x.norm(dim=1)], dim=1)
    generator = torch.Generator().manual_seed(7)
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True, generator=generator)
    model = mlp(5, 16, 16, 2)
    swa_model = AveragedModel(model)
    ema_model = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8), use_buffers=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.8, nesterov=True)
    warmup = LinearLR(optimizer, start_factor=0.25, total_iters=1)
    cosine = CosineAnnealingLR(optimizer, T_max=steps)
    scheduler = SequentialLR(optimizer, [warmup, cosine], milestones=[1])
    swa_scheduler = SWALR(optimizer, swa_lr=0.05, anneal_epochs=2)
    criterion = nn.HuberLoss(delta=0.5)
    epochs = max(2, steps // 3)
    losses = []
    for epoch in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            ema_model.update_parameters(model)
            losses.append(loss.item())
        if epoch >= epochs // 2:
            swa_model.update_parameters(model)
            swa_scheduler.step()
        else:
            scheduler.step()
    update_bn(loader, swa_model)
    assert int(swa_model.n_averaged) == epochs - epochs // 2
    with torch.no_grad():
        for averaged in (swa_model.eval(), ema_model.eval()):
            losses.append(criterion(averaged(x), y).item())
    return losses, model, swa_model, ema_model


if __name__ == "__main__":
    main(train)
