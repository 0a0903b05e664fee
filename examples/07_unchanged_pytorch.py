"""An ordinary PyTorch program: nothing in it knows of tracegrad.

    tracegrad run --as-torch 07_unchanged_pytorch.py
    tracegrad run --as-torch --record spiral.trace 07_unchanged_pytorch.py

With PyTorch it is `python 07_unchanged_pytorch.py`, and prints the same losses: equal seeds give
equal weights and equal batches.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def spiral(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points on two arms of a spiral, and which arm each is on."""
    arm = torch.arange(count) % 2
    angle = torch.linspace(0.5, 6.5, count)
    radius = angle / 7 + 0.03 * torch.randn(count)
    turned = angle + arm * torch.pi
    return torch.stack([radius * turned.cos(), radius * turned.sin()], dim=1), arm


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 32), nn.LayerNorm(32), nn.GELU(), nn.Linear(32, 32))
        self.head = nn.Linear(32, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(F.silu(self.body(x)))


points, arms = spiral(200)
loader = DataLoader(TensorDataset(points, arms), batch_size=50, shuffle=True)
net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=0.02)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)

for epoch in range(40):
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    schedule.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            right = (net(points).argmax(dim=1) == arms).float().mean()
        print(f"epoch {epoch + 1:2d}  loss {loss.item():.3f}  accuracy {right.item():.2f}")
