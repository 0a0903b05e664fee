"""REINFORCE on a corridor: actions drawn from the policy, discounted returns, an entropy bonus."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main, set_weights

LENGTH = 7


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(LENGTH, 16)
        self.affine2 = nn.Linear(16, 2)

    def forward(self, x):
        return F.softmax(self.affine2(F.relu(self.affine1(x))), dim=-1)


def episode(policy, chances):
    """Walk from the middle; the right end gives 1, each step costs a little."""
    place, log_probs, rewards, entropies = LENGTH // 2, [], [], []
    for chance in chances:
        state = F.one_hot(torch.tensor(place), LENGTH).to(torch.get_default_dtype())
        probs = policy(state)
        action = int(chance > probs[0].item())
        log_probs.append(probs[action].log())
        entropies.append(-(probs * probs.log()).sum())
        place += 1 if action else -1
        done = place in (0, LENGTH - 1)
        rewards.append(1.0 if place == LENGTH - 1 else -0.05)
        if done:
            break
    return log_probs, rewards, entropies


def train(steps):
    policy = set_weights(Policy())
    middle = F.one_hot(torch.tensor(LENGTH // 2), LENGTH).to(torch.get_default_dtype())
    before = policy(middle)[1].item()
    optimizer = torch.optim.RMSprop(policy.parameters(), lr=1e-2)
    random = np.random.default_rng(7)
    losses = []
    for _ in range(steps):
        terms = []
        for _ in range(4):
            log_probs, rewards, entropies = episode(policy, random.random(12).tolist())
            R, returns = 0.0, []
            for r in rewards[::-1]:
                R = r + 0.9 * R
                returns.insert(0, R)
            returns = torch.tensor(returns)
            terms += [-log_prob * R for log_prob, R in zip(log_probs, returns, strict=True)]
            terms += [-0.01 * entropy for entropy in entropies]
        optimizer.zero_grad()
        loss = torch.stack(terms).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert policy(middle)[1].item() > before  # it learnt to go right
    return losses, policy


if __name__ == "__main__":
    main(train)
