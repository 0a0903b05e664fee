"""Gradients of gradients: a gradient penalty, and Newton steps by conjugate gradients."""

import torch
import torch.nn as nn
from shared import main, numbers, set_weights
from torch.autograd import grad
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def penalty(critic, real, fake):
    """The critic's slope between real and made examples should be 1 (WGAN-GP)."""
    between = (0.3 * real + 0.7 * fake).requires_grad_(True)
    slopes = grad(critic(between).sum(), between, create_graph=True)[0]
    return ((slopes.norm(2, dim=1) - 1) ** 2).mean()


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def newton_direction(loss, parameters, rounds=4, damping=1e-3):
    """Solve (H + damping) d = g with Hessian-vector products."""
    g = flat(grad(loss, parameters, create_graph=True))

    def product(v):
        return flat(grad(g @ v, parameters, retain_graph=True)) + damping * v

    d = torch.zeros_like(g.detach())
    r = g.detach().clone()
    p, rr = r.clone(), r.dot(r)
    for _ in range(rounds):
        hp = product(p)
        alpha = rr / p.dot(hp)
        d += alpha * p
        r -= alpha * hp
        new = r.dot(r)
        p = r + (new / rr) * p
        rr = new
    return d


def train(steps):
    critic = set_weights(nn.Sequential(nn.Linear(3, 12), nn.Softplus(), nn.Linear(12, 1)))
    optimizer = torch.optim.AdamW(critic.parameters(), lr=1e-2)
    real, fake = numbers(16, 3, seed=10) + 1, numbers(16, 3, seed=11)
    losses = []
    for _ in range(steps):
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty(critic, real, fake)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net = set_weights(nn.Linear(3, 1), 1)
    parameters = list(net.parameters())
    points = torch.cat([real, fake])
    target = torch.cat([torch.ones(16, 1), torch.zeros(16, 1)])
    for _ in range(steps // 2):
        loss = nn.functional.binary_cross_entropy_with_logits(net(points), target)
        direction = newton_direction(loss, parameters)
        with torch.no_grad():
            vector_to_parameters(parameters_to_vector(parameters) - direction, parameters)
        losses.append(loss.item())
    return losses, critic, net


if __name__ == "__main__":
    main(train)
