"""The seed network with autograd: gradients come from `backward()`, updates happen under `no_grad`.

python 02_seed_autograd.py [STEPS]
"""

import sys

import numpy as np

import tracegrad as tg

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
LEARNING_RATE = 0.05

# -- data and first weights: the same numbers as in 01_seed_manual.py ------------------------------

random = np.random.default_rng(7)
x = tg.tensor(random.standard_normal((100, 3)), dtype=tg.float32)
y = tg.tensor(random.standard_normal((100, 1)), dtype=tg.float32) * 0.1
y += tg.sin(x[:, 0:1]) + x[:, 1:2] * x[:, 2:3]

w1 = tg.tensor(random.standard_normal((3, 32)) / 3**0.5, dtype=tg.float32, requires_grad=True)
b1 = tg.zeros(32, requires_grad=True)
w2 = tg.tensor(random.standard_normal((32, 1)) / 32**0.5, dtype=tg.float32, requires_grad=True)
b2 = tg.zeros(1, requires_grad=True)

# -- training --------------------------------------------------------------------------------------

losses = []
for step in range(STEPS):
    h = (x @ w1 + b1).relu()
    out = h @ w2 + b2
    loss = (out - y).pow(2).mean()

    loss.backward()

    # Without `no_grad` the update itself would be recorded: a leaf that requires a gradient must
    # not be changed in place while gradients are on.
    with tg.no_grad():
        for weight in (w1, b1, w2, b2):
            weight -= LEARNING_RATE * weight.grad
            weight.grad = None

    losses.append(loss.item())
    if step % 50 == 0 or step == STEPS - 1:
        print(f"step {step:4}   loss {loss.item():.6f}")
