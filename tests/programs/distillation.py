"""A small network taught by a larger one: softened targets, a frozen teacher, layers unfrozen."""

import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main


class Teacher(nn.Module):
    def __init__(self, num_classes=4):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(2, 48), nn.Mish(), nn.Linear(48, 48), nn.Mish())
        self.classifier = nn.Sequential(nn.LayerNorm(48), nn.Linear(48, num_classes))

    def forward(self, x, return_features=False):
        features = self.features(x)
        logits = self.classifier(features)
        return (logits, features) if return_features else logits


class Student(nn.Module):
    def __init__(self, num_classes=4):
        super().__init__()
        self.hidden = nn.Bilinear(2, 2, 12)
        self.alpha = nn.Parameter(torch.full((1,), 0.25))
        self.project = nn.utils.parametrizations.weight_norm(nn.Linear(12, 48))
        self.heads = nn.ParameterDict({"w": torch.randn(num_classes, 12), "b": torch.zeros(4)})

    def forward(self, x):
        h = F.prelu(self.hidden(x, x), self.alpha)
        return F.linear(h, self.heads["w"], self.heads["b"]), self.project(h)


class AverageMeter:
    """Computes and stores the average and current value"""

    def __init__(self, name):
        self.name, self.sum, self.count = name, 0, 0

    def update(self, val, n=1):
        self.sum += val * n
        self.count += n

    def __str__(self):
        return f"{self.name} {self.sum / self.count:.4f}"


def accuracy(output, target, topk=(1,)):
    with torch.no_grad():
        maxk = max(topk)
        _, pred = output.topk(maxk, 1, True, True)
        correct = pred.t().eq(target.view(1, -1).expand_as(pred.t()))
        return [correct[:k].reshape(-1).float().sum(0).mul_(100.0 / len(target)) for k in topk]


def train(steps):
    torch.manual_seed(13)
    x = torch.randn(80, 2)
    y = (x[:, 0] > 0).long() + 2 * (x[:, 1] * x[:, 0] > 0).long()
    teacher, student = Teacher(), Student()
    end, meter, losses = time.time(), AverageMeter("loss"), []
    for p in teacher.features[0].parameters():
        p.requires_grad = False
    optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, teacher.parameters()), lr=0.01)
    for step in range(steps):
        if step == steps // 2:
            teacher.features[0].requires_grad_(True)
            optimizer.add_param_group({"params": teacher.features[0].parameters(), "lr": 0.003})
        loss = F.cross_entropy(teacher(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    top1, top2 = accuracy(teacher(x), y, topk=(1, 2))
    losses += [top1.item(), top2.item()]
    frozen = {k: v.clone() for k, v in teacher.state_dict().items()}

    teacher.eval()
    student.train()
    T, soft_target_loss_weight, ce_loss_weight = 2, 0.6, 0.4
    optimizer = torch.optim.Adagrad(student.parameters(), lr=0.05)
    kl, ce, cosine = nn.KLDivLoss(reduction="batchmean"), nn.CrossEntropyLoss(), nn.MSELoss()
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.no_grad():
            teacher_logits, teacher_features = teacher(x, return_features=True)
        student_logits, student_features = student(x)
        soft_targets = F.softmax(teacher_logits / T, dim=-1)
        soft_prob = F.log_softmax(student_logits / T, dim=-1)
        loss = soft_target_loss_weight * kl(soft_prob, soft_targets) * (T**2)
        loss += ce_loss_weight * ce(student_logits, y) + cosine(student_features, teacher_features)
        loss.backward()
        optimizer.step()
        meter.update(loss.item(), x.size(0))
        losses.append(loss.item())
    assert all(torch.equal(v, frozen[k]) for k, v in teacher.state_dict().items())
    assert all(p.grad is not None for n, p in student.named_parameters())
    assert str(meter).startswith("loss ") and time.time() >= end
    return losses, teacher, student


if __name__ == "__main__":
    main(train)
