"""The seed network with modules and an optimizer: how one writes it when it is not a lesson.

python 03_seed_modules.py [STEPS]
"""

import sys

import numpy as np

import tracegrad as tg
from tracegrad import nn

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
LEARNING_RATE = 0.05

# -- data and first weights: the same numbers as in 01_seed_manual.py ------------------------------

random = np.random.default_rng(7)
x = tg.tensor(random.standard_normal((100, 3)), dtype=tg.float32)
y = tg.tensor(random.standard_normal((100, 1)), dtype=tg.float32) * 0.1
y += tg.sin(x[:, 0:1]) + x[:, 1:2] * x[:, 2:3]

w1 = random.standard_normal((3, 32)) / 3**0.5
w2 = random.standard_normal((32, 1)) / 32**0.5

net = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 1))
with tg.no_grad():
    # A Linear keeps its weight as (out, in): the transpose of ours.
    net[0].weight.copy_(tg.tensor(w1.T, dtype=tg.float32))
    net[0].bias.zero_()
    net[2].weight.copy_(tg.tensor(w2.T, dtype=tg.float32))
    net[2].bias.zero_()

# -- training --------------------------------------------------------------------------------------

loss_function = nn.MSELoss()
optimizer = tg.optim.SGD(net.parameters(), lr=LEARNING_RATE)

losses = []
for step in range(STEPS):
    loss = loss_function(net(x), y)

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    losses.append(loss.item())
    if step % 50 == 0 or step == STEPS - 1:
        print(f"step {step:4}   loss {loss.item():.6f}")
