"""Reads a CSV of one series whose last column is the target, and trains a bidirectional LSTM on its windows, as
`series/upload-to-model` has it trained. One line in, `FILE STEPS EPOCHS`; one line out, the seconds that it took.

    python series_training.py THREADS
"""

import csv
import os
import sys
import tempfile
import time

import torch
from torch import nn
from torch.nn import functional as F

UNITS, BATCH, KEPT_BACK = 64, 64, 0.2


class Model(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.lstm = nn.LSTM(features, UNITS, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * UNITS, 1)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])[:, 0]


def train(path, steps, epochs):
    with open(path, newline="") as file:
        _, *rows = csv.reader(file)
    table = torch.tensor([[float(cell) for cell in row] for row in rows])
    windows = len(table) - steps + 1
    held = int(KEPT_BACK * windows)
    learned = windows - held
    known = table[: learned + steps - 1]
    table = (table - known.mean(0)) / known.std(0)
    x = table[:, :-1].unfold(0, steps, 1).transpose(1, 2).contiguous()
    y = table[steps - 1 :, -1]
    model = Model(x.shape[2])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    best, state = float("inf"), None
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(learned).split(BATCH):
            optimizer.zero_grad()
            F.mse_loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            loss = F.mse_loss(model(x[learned:]), y[learned:]).item()
        if loss < best:
            best, state = loss, {name: value.clone() for name, value in model.state_dict().items()}
    with tempfile.TemporaryDirectory() as folder:
        torch.save(state, os.path.join(folder, "model.pth"))


def main():
    torch.manual_seed(1)
    torch.set_num_threads(int(sys.argv[1]))
    for line in sys.stdin:
        path, steps, epochs = line.rsplit(maxsplit=2)
        start = time.perf_counter()
        train(path, int(steps), int(epochs))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
