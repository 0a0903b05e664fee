"""Deep Q-learning on a corridor: replay memory, a target network that follows softly, Huber."""

import copy
import math
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from shared import main

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))
BATCH_SIZE, GAMMA, TAU = 16, 0.9, 0.05
EPS_START, EPS_END, EPS_DECAY = 0.9, 0.05, 60


class Corridor:
    """Start in the middle; the right end pays 1, the left end 0.1."""

    def __init__(self, length=7):
        self.length = length

    def reset(self):
        self.at = self.length // 2
        return self.state()

    def state(self):
        return [self.at / self.length, 1 - self.at / self.length, float(self.at % 2)]

    def step(self, action):
        self.at += 1 if action == 1 else -1
        done = self.at in (0, self.length - 1)
        return self.state(), (1.0 if self.at > 0 else 0.1) * done, done


class DQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, 32)
        self.layer2 = nn.Linear(32, 32)
        self.layer3 = nn.Linear(32, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


def select_action(policy_net, state, steps_done):
    eps = EPS_END + (EPS_START - EPS_END) * math.exp(-1.0 * steps_done / EPS_DECAY)
    if random.random() > eps:
        with torch.no_grad():
            return policy_net(state).max(1).indices.view(1, 1)
    return torch.tensor([[random.randrange(2)]], device=device, dtype=torch.long)


def optimize_model(memory, policy_net, target_net, optimizer):
    batch = Transition(*zip(*random.sample(memory, BATCH_SIZE), strict=True))
    non_final_mask = torch.tensor(
        tuple(map(lambda s: s is not None, batch.next_state)), device=device, dtype=torch.bool
    )
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch = torch.cat(batch.state), torch.cat(batch.action)
    reward_batch = torch.cat(batch.reward)
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE, device=device)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected_state_action_values = (next_state_values * GAMMA) + reward_batch
    criterion = nn.SmoothL1Loss()
    loss = criterion(state_action_values, expected_state_action_values.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


def train(steps):
    random.seed(2)
    torch.manual_seed(2)
    env, memory = Corridor(), deque([], maxlen=200)
    policy_net = DQN(3, 2).to(device)
    target_net = copy.deepcopy(policy_net)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-2, amsgrad=True)
    losses, steps_done = [], 0
    while len(losses) < 3 * steps:
        state, done = torch.tensor(env.reset(), device=device).unsqueeze(0), False
        while not done:
            action = select_action(policy_net, state, steps_done)
            steps_done += 1
            observation, reward, done = env.step(action.item())
            next_state = None if done else torch.tensor([observation], device=device)
            reward = torch.tensor([reward], device=device)
            memory.append(Transition(state, action, next_state, reward))
            state = next_state
            if len(memory) < BATCH_SIZE:
                continue
            losses.append(optimize_model(memory, policy_net, target_net, optimizer))
            # Soft update of the target network's weights
            target_net_state_dict = target_net.state_dict()
            policy_net_state_dict = policy_net.state_dict()
            for key in policy_net_state_dict:
                target_net_state_dict[key] = policy_net_state_dict[
                    key
                ] * TAU + target_net_state_dict[key] * (1 - TAU)
            target_net.load_state_dict(target_net_state_dict)
    return losses, policy_net, target_net


if __name__ == "__main__":
    main(train)
