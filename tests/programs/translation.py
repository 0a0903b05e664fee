"""A sentence into another language: packed sequences through a GRU, additive attention, GRU."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main
from torch import optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

PAD_token, SOS_token, EOS_token = 0, 1, 2
PAIRS = [
    ("i am cold", "j ai froid"),
    ("you are very tall", "tu es tres grand"),
    ("we are here", "nous sommes ici"),
    ("she is happy today", "elle est heureuse aujourd hui"),
    ("he is cold", "il a froid"),
]


class Lang:
    def __init__(self, sentences):
        self.index2word = {0: "PAD", 1: "SOS", 2: "EOS"}
        for word in " ".join(sentences).split():
            if word not in self.index2word.values():
                self.index2word[len(self.index2word)] = word
        self.word2index = {word: index for index, word in self.index2word.items()}
        self.n_words = len(self.index2word)

    def tensor(self, sentence):
        return torch.LongTensor([self.word2index[word] for word in sentence.split()] + [EOS_token])


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size, padding_idx=PAD_token)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden_size, hidden_size)

    def forward(self, input, lengths):
        packed = pack_padded_sequence(
            self.embedding(input), lengths, batch_first=True, enforce_sorted=False
        )
        output, hidden = self.gru(packed)
        output, _ = pad_packed_sequence(output, batch_first=True)
        hidden = torch.tanh(self.bridge(torch.cat([hidden[-2], hidden[-1]], dim=1)))
        return output, hidden.unsqueeze(0)


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(2 * hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        scores = scores.squeeze(2).masked_fill(mask, -1e9).unsqueeze(1)
        return torch.bmm(F.softmax(scores, dim=-1), keys)


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(3 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, encoder_outputs, encoder_hidden, mask, length, target_tensor=None):
        decoder_input = torch.full((encoder_outputs.size(0), 1), SOS_token, dtype=torch.long)
        decoder_hidden, decoder_outputs = encoder_hidden, []
        for i in range(length):
            embedded = self.embedding(decoder_input)
            query = decoder_hidden.permute(1, 0, 2)
            context = self.attention(query, encoder_outputs, mask)
            output, decoder_hidden = self.gru(torch.cat((embedded, context), dim=2), decoder_hidden)
            decoder_outputs.append(self.out(output))
            if target_tensor is not None:
                decoder_input = target_tensor[:, i].unsqueeze(1)  # Teacher forcing
            else:
                _, topi = decoder_outputs[-1].topk(1)
                decoder_input = topi.squeeze(-1).detach()  # detach from history as input
        return F.log_softmax(torch.cat(decoder_outputs, dim=1), dim=-1)


def train(steps):
    random.seed(1)
    torch.manual_seed(1)
    english, french = (Lang(side) for side in zip(*PAIRS, strict=True))
    source = [english.tensor(a) for a, _ in PAIRS]
    lengths = torch.tensor([len(s) for s in source])
    source = pad_sequence(source, batch_first=True, padding_value=PAD_token)
    target = pad_sequence([french.tensor(b) for _, b in PAIRS], batch_first=True)
    encoder = EncoderRNN(english.n_words, 16)
    decoder = AttnDecoderRNN(16, french.n_words)
    encoder_optimizer = optim.Adam(encoder.parameters(), lr=0.01)
    decoder_optimizer = optim.Adam(decoder.parameters(), lr=0.01)
    criterion = nn.NLLLoss(ignore_index=PAD_token)
    losses = []
    for _ in range(steps):
        encoder_optimizer.zero_grad()
        decoder_optimizer.zero_grad()
        outputs, hidden = encoder(source, lengths)
        forced = target if random.random() < 0.7 else None
        scores = decoder(outputs, hidden, source == PAD_token, target.size(1), forced)
        loss = criterion(scores.view(-1, scores.size(-1)), target.view(-1))
        loss.backward()
        encoder_optimizer.step()
        decoder_optimizer.step()
        losses.append(loss.item())
    return losses, encoder, decoder


if __name__ == "__main__":
    main(train)
