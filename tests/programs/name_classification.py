"""Which language a name is from: a recurrent cell of one's own, then `nn.RNN`, letter by letter."""

import random
import string
import unicodedata

import torch
import torch.nn as nn
from shared import main

LETTERS = string.ascii_letters + " .,;'"
NAMES = {
    "Czech": ["Abl", "Adsit", "Antonowitsch", "Blaha", "Cejka", "Dvořák", "Hruška", "Žižka"],
    "Italian": ["Abategiovanni", "Basso", "Bellini", "Castellano", "Di caprio", "Vitale", "Zunino"],
    "Japanese": ["Abe", "Fujimoto", "Hayashi", "Ishikawa", "Kobayashi", "Nakamura", "Yamamoto"],
}
LANGUAGES = sorted(NAMES)


def unicode_to_ascii(s):
    return "".join(
        c
        for c in unicodedata.normalize("NFD", s)
        if unicodedata.category(c) != "Mn" and c in LETTERS
    )


def name_to_tensor(name):
    tensor = torch.zeros(len(name), 1, len(LETTERS))
    for li, letter in enumerate(name):
        tensor[li][0][LETTERS.find(letter)] = 1
    return tensor


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = torch.tanh(self.i2h(combined))
        return self.softmax(self.h2o(hidden)), hidden

    def init_hidden(self):
        return torch.zeros(1, self.hidden_size)


class CharRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.rnn = nn.RNN(input_size, hidden_size, num_layers=2, nonlinearity="relu")
        self.h2o = nn.Linear(hidden_size, output_size)

    def forward(self, line_tensor):
        rnn_out, hidden = self.rnn(line_tensor)
        return torch.log_softmax(self.h2o(hidden[-1]), dim=1)


def random_example():
    category = random.choice(LANGUAGES)
    name = random.choice(NAMES[category])
    category_tensor = torch.tensor([LANGUAGES.index(category)], dtype=torch.long)
    return category_tensor, name_to_tensor(unicode_to_ascii(name))


def train(steps):
    random.seed(5)
    torch.manual_seed(5)
    criterion = nn.NLLLoss()
    own = RNN(len(LETTERS), 32, len(LANGUAGES))
    learning_rate = 0.1
    losses = []
    for _ in range(steps):
        category_tensor, line_tensor = random_example()
        hidden = own.init_hidden()
        own.zero_grad()
        for i in range(line_tensor.size()[0]):
            output, hidden = own(line_tensor[i], hidden)
        loss = criterion(output, category_tensor)
        loss.backward()
        # Add parameters' gradients to their values, multiplied by learning rate
        for p in own.parameters():
            p.data.add_(p.grad.data, alpha=-learning_rate)
        losses.append(loss.item())

    rnn = CharRNN(len(LETTERS), 32, len(LANGUAGES))
    optimizer = torch.optim.SGD(rnn.parameters(), lr=0.15)
    data = [(label, name) for label, names in enumerate(NAMES.values()) for name in names]
    for _ in range(steps):
        rnn.zero_grad()
        batch = random.sample(data, 8)
        batch_loss = 0
        for label, name in batch:
            output = rnn.forward(name_to_tensor(unicode_to_ascii(name)))
            batch_loss += criterion(output, torch.tensor([label]))
        (batch_loss / len(batch)).backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 3)
        optimizer.step()
        losses.append(batch_loss.item() / len(batch))
    top_v, top_i = rnn(name_to_tensor("Nakagawa")).topk(1)
    losses += [top_v[0].item(), float(top_i[0].item())]
    return losses, own, rnn


if __name__ == "__main__":
    main(train)
