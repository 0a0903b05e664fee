"""Sentences of many lengths: a collate function that pads, an LSTM on what is packed, batches
gathered by length with a sampler of one's own, and gradients added up over several of them."""

import random

import torch
import torch.nn as nn
from shared import main
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, Sampler

WORDS = "<pad> good fine great lovely bad dull awful poor film plot cast very not so the".split()


class Reviews(Dataset):
    def __init__(self, size, seed):
        rng = random.Random(seed)
        self.items = []
        for n in range(size):
            kind = n % 2
            words = rng.choices(WORDS[9:], k=rng.randint(2, 9)) + rng.choices(
                WORDS[1:5], k=kind * 2
            )
            words += rng.choices(WORDS[5:9], k=2 - kind * 2)
            rng.shuffle(words)
            self.items.append((words, float(kind)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, idx):
        words, label = self.items[idx]
        return torch.LongTensor([WORDS.index(word) for word in words]), label


def collate_batch(batch):
    batch.sort(key=lambda item: len(item[0]), reverse=True)
    tokens, labels = zip(*batch, strict=True)
    lengths = torch.tensor([len(t) for t in tokens], dtype=torch.int64)
    labels = torch.tensor(labels)
    return pad_sequence(tokens, batch_first=True, padding_value=0), lengths, labels


class BucketSampler(Sampler):
    """Batches of examples that are about equally long, in random order."""

    def __init__(self, dataset, batch_size):
        by_length = sorted(range(len(dataset)), key=lambda i: len(dataset[i][0]))
        self.batches = [by_length[i : i + batch_size] for i in range(0, len(by_length), batch_size)]

    def __iter__(self):
        for i in torch.randperm(len(self.batches)).tolist():
            yield self.batches[i]

    def __len__(self):
        return len(self.batches)


class LSTMClassifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        self.rnn = nn.LSTM(
            embed_dim, hidden_dim, num_layers=2, bidirectional=True, batch_first=True, dropout=0.0
        )
        self.fc = nn.Linear(hidden_dim * 2 * 2, 1)
        for name, param in self.rnn.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(param)
            elif "bias" in name:
                param.data.fill_(0)
                param.data[hidden_dim : 2 * hidden_dim].fill_(1)  # forget gate

    def forward(self, text, lengths):
        packed = pack_padded_sequence(self.embedding(text), lengths.cpu(), batch_first=True)
        packed_output, (hidden, cell) = self.rnn(packed)
        output, output_lengths = pad_packed_sequence(packed_output, batch_first=True)
        mask = (torch.arange(output.size(1))[None, :] < output_lengths[:, None]).unsqueeze(-1)
        pooled = output.masked_fill(~mask, float("-inf")).max(dim=1)[0]
        last = torch.cat((hidden[-2, :, :], hidden[-1, :, :]), dim=1)
        return self.fc(torch.cat((pooled, last), dim=1)).squeeze(1)


def train(steps):
    torch.manual_seed(4)
    dataset = Reviews(48, seed=4)
    dataloader = DataLoader(
        dataset, batch_sampler=BucketSampler(dataset, 6), collate_fn=collate_batch
    )
    model = LSTMClassifier(len(WORDS), 8, 12)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(1.2))
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 5], gamma=0.5)
    accumulation_steps, losses = 2, []
    while len(losses) < 2 * steps:
        optimizer.zero_grad()
        for i, (text, lengths, labels) in enumerate(dataloader):
            loss = criterion(model(text, lengths), labels)
            (loss / accumulation_steps).backward()
            losses.append(loss.item())
            if (i + 1) % accumulation_steps == 0:
                nn.utils.clip_grad_norm_(model.parameters(), max_norm=2.0, norm_type=float("inf"))
                optimizer.step()
                optimizer.zero_grad()
        scheduler.step()
    return losses, model


if __name__ == "__main__":
    main(train)
