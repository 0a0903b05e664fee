"""The seed network, every gradient by hand: 100x3 -> 32 ReLU -> 1, without autograd.

Next: 02_seed_autograd.py lets autograd find the same gradients, 03_seed_modules.py lets modules
and an optimizer do the rest. All three start from the same weights and print the same losses.

    python 01_seed_manual.py [STEPS]
"""

import sys

import numpy as np

import tracegrad as tg

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
LEARNING_RATE = 0.05

# -- data and first weights: the same numbers in all three -----------------------------------------

random = np.random.default_rng(7)
x = tg.tensor(random.standard_normal((100, 3)), dtype=tg.float32)
y = tg.tensor(random.standard_normal((100, 1)), dtype=tg.float32) * 0.1
y += tg.sin(x[:, 0:1]) + x[:, 1:2] * x[:, 2:3]

w1 = tg.tensor(random.standard_normal((3, 32)) / 3**0.5, dtype=tg.float32)
b1 = tg.zeros(32)
w2 = tg.tensor(random.standard_normal((32, 1)) / 32**0.5, dtype=tg.float32)
b2 = tg.zeros(1)

# -- training --------------------------------------------------------------------------------------

losses = []
for step in range(STEPS):
    # forward
    z = x @ w1 + b1
    h = z.clamp(min=0)
    out = h @ w2 + b2
    error = out - y
    loss = error.pow(2).mean()

    # backward: the chain rule, from the loss to the weights
    g_out = 2 * error / error.numel()
    g_w2 = h.t() @ g_out
    g_b2 = g_out.sum(0)
    g_h = g_out @ w2.t()
    g_z = g_h * (z > 0)
    g_w1 = x.t() @ g_z
    g_b1 = g_z.sum(0)

    # update
    for weight, gradient in [(w1, g_w1), (b1, g_b1), (w2, g_w2), (b2, g_b2)]:
        weight -= LEARNING_RATE * gradient

    losses.append(loss.item())
    if step % 50 == 0 or step == STEPS - 1:
        print(f"step {step:4}   loss {loss.item():.6f}")
