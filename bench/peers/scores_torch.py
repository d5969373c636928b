"""Fits a network of PyTorch for each line of its input, and prints its score on the rows for the test.

A line is JSON: the file, the target, the rows for the test (numbers among the rows, or of a series among its windows), the
model, the seed, and where they are not the usual ones the epochs, the course of the learning rate and the size of a batch.
Each has the layers and the optimizer that the family of Trainyard has by default, and PyTorch's own initial weights where
no paper says others. The score is the accuracy of a classification, and R² of a regression.
"""
import json
import math
import sys

import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

STEPS, UNITS, BATCH, RATE, EPOCHS = 10, 64, 32, 1e-3, 50


class Block(nn.Module):
    def __init__(self, inputs, outputs, pools):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.pool = nn.MaxPool2d(2) if pools else nn.Identity()

    def forward(self, x):
        return self.pool(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu())


class SmallCnn(nn.Module):
    """For images of 8 by 8 pixels."""

    def __init__(self, classes):
        super().__init__()
        self.blocks = nn.Sequential(Block(1, 32, True), Block(32, 64, True), Block(64, 128, False))
        self.dropout = nn.Dropout(0.1)
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        return self.fc(self.dropout(self.blocks(x).mean(dim=(2, 3))))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x):
        return (self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())) + self.shortcut(x)).relu()


class ResNet18(nn.Sequential):
    """torchvision's layers, for images of one channel that it repeats."""

    def __init__(self, classes):
        widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        blocks = [
            BasicBlock(inputs, outputs, 1 if inputs == outputs else 2) for inputs, outputs in zip(widths, widths[1:])
        ]
        super().__init__(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            *blocks,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(512, classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return super().forward(x.expand(-1, 3, -1, -1))


def tanh_layers(inputs, width=128, depth=2, dropout=0.2):
    """Wen et al. 2024: Xavier-normal weights, and dropout after each tanh."""
    layers = []
    for i in range(depth):
        layers += [nn.Linear(inputs if i == 0 else width, width), nn.Tanh(), nn.Dropout(dropout)]
    network = nn.Sequential(*layers, nn.Linear(width, 1))
    for layer in network:
        if isinstance(layer, nn.Linear):
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


class Prognostics(nn.Module):
    """The network, and while it learns a deep hidden physics model's law G(U, s, t) of its derivative by t, balanced."""

    def __init__(self, features, time):
        super().__init__()
        self.time = time
        self.surrogate = tanh_layers(features)
        if time is not None:
            self.dynamics = tanh_layers(features + 1)
            self.log_variances = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return self.surrogate(x)[:, 0]

    def loss(self, x, y):
        if self.time is None:
            return F.mse_loss(self(x), y)
        x = x.clone().requires_grad_()
        slope = lambda of: torch.autograd.grad(of.sum(), x, create_graph=True)[0][:, self.time]
        u = self(x)
        rest = slope(u) - self.dynamics(torch.cat([u[:, None], x], 1))[:, 0]
        losses = torch.stack([F.mse_loss(u, y), rest.square().mean(), slope(rest).square().mean()])
        return (torch.exp(-self.log_variances) * losses + self.log_variances).sum()


class Lstm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.lstm = nn.LSTM(features, UNITS, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * UNITS, 1)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])[:, 0]


def images(frame, target):
    y = torch.from_numpy(frame.pop(target).astype("category").cat.codes.to_numpy(dtype="int64"))
    side = int(len(frame.columns) ** 0.5)
    return torch.from_numpy(frame.to_numpy(dtype="float32")).reshape(-1, 1, side, side), y


def windows(frame, target):
    y = torch.from_numpy(frame.pop(target).to_numpy(dtype="float32"))[STEPS - 1 :]
    x = torch.from_numpy(frame.to_numpy(dtype="float32"))
    return x.unfold(0, STEPS, 1).transpose(1, 2).contiguous(), y


def standardised(x, learned, axes):
    known = x[learned]
    return (x - known.mean(axes, keepdim=True)) / known.std(axes, keepdim=True)


def rows(frame, target):
    y = torch.from_numpy(frame.pop(target).to_numpy(dtype="float32"))
    return torch.from_numpy(frame.to_numpy(dtype="float32")), y


def fit(model, loss, x, y, epochs, lr_schedule, batch_size):
    """`loss` is that of the model, for rows and their targets."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    total = epochs * math.ceil(len(x) / batch_size)
    courses = {"constant": lambda step: 1, "cosine": lambda step: (1 + math.cos(math.pi * (step + 1) / (total + 1))) / 2}
    course = torch.optim.lr_scheduler.LambdaLR(optimizer, courses[lr_schedule])
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(batch_size):
            if len(batch) < 2:
                continue
            optimizer.zero_grad()
            loss(x[batch], y[batch]).backward()
            optimizer.step()
            course.step()
    model.eval()


def r2(network, loss, x, y, learned, how):
    mean, deviation = y[learned].mean(), y[learned].std()
    fit(network, loss, x[learned], (y[learned] - mean) / deviation, *how)
    with torch.no_grad():
        found = network(x[~learned]) * deviation + mean
    truth = y[~learned]
    return float(1 - ((truth - found) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())


def score(file, target, test, model, seed, epochs=EPOCHS, lr_schedule="constant", batch_size=BATCH):
    torch.manual_seed(seed)
    frame = pd.read_csv(file)
    names = [name for name in frame.columns if name != target]
    how = (epochs, lr_schedule, batch_size)
    x, y = {"LSTM": windows, "baseline": rows, "deephpm": rows}.get(model, images)(frame, target)
    learned = torch.ones(len(x), dtype=torch.bool)
    learned[torch.tensor(test)] = False
    if model == "LSTM":
        network = Lstm(x.shape[2])
        loss = lambda some, truths: F.mse_loss(network(some), truths)
        return r2(network, loss, standardised(x, learned, (0, 1)), y, learned, how)
    if model in ("baseline", "deephpm"):
        network = Prognostics(x.shape[1], names.index("cycle") if model == "deephpm" else None)
        return r2(network, network.loss, standardised(x, learned, (0,)), y, learned, how)
    x = standardised(x, learned, (0, 2, 3))
    network = {"small-cnn": SmallCnn, "resnet18": ResNet18}[model](int(y.max()) + 1)
    fit(network, lambda some, truths: F.cross_entropy(network(some), truths), x[learned], y[learned], *how)
    with torch.no_grad():
        return float((network(x[~learned]).argmax(1) == y[~learned]).float().mean())


torch.set_num_threads(2)
for line in sys.stdin:
    print(score(**json.loads(line)), flush=True)
