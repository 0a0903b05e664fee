"""An optimizer and a schedule of one's own, and a run that stops, is saved and goes on."""

import os
import tempfile

import torch
import torch.nn as nn
from shared import main
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class Lion(Optimizer):
    """Chen et al. 2023: the sign of an interpolated momentum."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data.mul_(1 - group["lr"] * group["weight_decay"])
                grad = p.grad
                state = self.state[p]
                if len(state) == 0:
                    state["exp_avg"] = torch.zeros_like(p)
                exp_avg = state["exp_avg"]
                beta1, beta2 = group["betas"]
                update = exp_avg * beta1 + grad * (1 - beta1)
                p.add_(update.sign_(), alpha=-group["lr"])
                exp_avg.mul_(beta2).add_(grad, alpha=1 - beta2)


class AdaBelief(Optimizer):
    """Zhuang et al. 2020, as it is mostly written: one state dictionary for each parameter."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-16):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps))

    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = p.grad.data
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["exp_avg"] = torch.zeros_like(p.data)
                    state["exp_avg_var"] = torch.zeros_like(p.data)
                state["step"] += 1
                exp_avg, exp_avg_var = state["exp_avg"], state["exp_avg_var"]
                exp_avg.mul_(beta1).add_(grad, alpha=1 - beta1)
                residual = grad - exp_avg
                exp_avg_var.mul_(beta2).addcmul_(residual, residual, value=1 - beta2)
                step_size = group["lr"] / (1 - beta1 ** state["step"])
                denom = (exp_avg_var / (1 - beta2 ** state["step"])).sqrt().add_(group["eps"])
                p.data.addcdiv_(exp_avg, denom, value=-step_size)


class InverseSqrt(LRScheduler):
    def __init__(self, optimizer, warmup, last_epoch=-1):
        self.warmup = warmup
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        step = self.last_epoch + 1
        scale = min(step / self.warmup, (self.warmup / step) ** 0.5)
        return [base_lr * scale for base_lr in self.base_lrs]


def build(kind):
    model = nn.Sequential(nn.Linear(4, 16), nn.SiLU(), nn.Linear(16, 16), nn.SiLU())
    model.add_module("head", nn.Linear(16, 1))
    head, body = list(model.head.parameters()), [*model[0].parameters(), *model[2].parameters()]
    lr = 0.01 if kind is Lion else 0.05
    optimizer = kind([{"params": body}, {"params": head, "lr": lr / 2}], lr=lr)
    return model, optimizer, InverseSqrt(optimizer, warmup=3)


def train(steps):
    torch.manual_seed(11)
    x = torch.linspace(-2, 2, 64).unsqueeze(1) ** torch.arange(1, 5)
    y = torch.sin(x[:, :1] * 3)
    losses, models = [], []
    path = os.path.join(tempfile.mkdtemp(), "checkpoint.pt")
    for kind in (Lion, AdaBelief):
        model, optimizer, scheduler = build(kind)
        for epoch in range(steps):
            if epoch == steps // 2:  # killed here, and started again from the file
                checkpoint = {"epoch": epoch, "rng": torch.get_rng_state()}
                parts = dict(model=model, optimizer=optimizer, scheduler=scheduler)
                torch.save(checkpoint | {k: v.state_dict() for k, v in parts.items()}, path)
                model, optimizer, scheduler = build(kind)
                checkpoint = torch.load(path, map_location="cpu")
                model.load_state_dict(checkpoint["model"])
                optimizer.load_state_dict(checkpoint["optimizer"])
                scheduler.load_state_dict(checkpoint["scheduler"])
                torch.set_rng_state(checkpoint["rng"])
                assert checkpoint["epoch"] == epoch
            batch = torch.randperm(64)[:48]
            loss = (model(x[batch]) - y[batch]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        models.append(model)
    return losses, *models


if __name__ == "__main__":
    main(train)
