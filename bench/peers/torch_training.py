"""Trains the models of bench/engine/models in PyTorch, as asked on standard input.

One line in, one line out: `MODEL STEPS` is answered by the seconds that so many steps took, or by `error` and what went
wrong. The first request for a model makes it and takes a step that is not counted. `MODEL/forward STEPS` is inference
without gradients. `matmul N REPEATS` multiplies square matrices.

    python torch_training.py THREADS [--compile]
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CLASSES = {"perceptron": 10, "convolutional": 10, "resnet-50": 1000, "lstm": 10, "transformer": 10}
SHAPES = {
    "perceptron": (64, 784),
    "convolutional": (64, 3, 32, 32),
    "resnet-50": (8, 3, 224, 224),
    "lstm": (64, 50, 32),
    "deep-hpm": (1024, 2),
    "transformer": (16, 128, 384),
}


class Bottleneck(nn.Module):
    def __init__(self, inputs, inner, stride):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(inputs, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU())
        self.b = nn.Sequential(
            nn.Conv2d(inner, inner, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(inner), nn.ReLU()
        )
        self.c = nn.Sequential(nn.Conv2d(inner, 4 * inner, 1, bias=False), nn.BatchNorm2d(4 * inner))
        self.skip = nn.Identity()
        if stride > 1 or inputs != 4 * inner:
            self.skip = nn.Sequential(
                nn.Conv2d(inputs, 4 * inner, 1, stride=stride, bias=False), nn.BatchNorm2d(4 * inner)
            )

    def forward(self, x):
        return F.relu(self.c(self.b(self.a(x))) + self.skip(x))


def resnet50():
    layers = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, stride=2, padding=1))
    inputs = 64
    for count, inner, stride in ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)):
        for i in range(count):
            layers.append(Bottleneck(inputs, inner, stride if i == 0 else 1))
            inputs = 4 * inner
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(32, 64, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        return self.out(self.lstm(x)[0].mean(1))


class DeepHpm(nn.Module):
    def __init__(self):
        super().__init__()

        def net(inputs):
            return nn.Sequential(
                nn.Linear(inputs, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, 1)
            )

        self.u, self.n = net(2), net(3)

    def forward(self, tx):
        t, x = (tx[:, i : i + 1].clone().requires_grad_() for i in (0, 1))
        u = self.u(torch.cat([t, x], 1))
        u_t, u_x = torch.autograd.grad(u.sum(), (t, x), create_graph=True)
        u_xx = torch.autograd.grad(u_x.sum(), x, create_graph=True)[0]
        return torch.cat([u, u_t - self.n(torch.cat([u, u_x, u_xx], 1))], 1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            384, 6, 1536, dropout=0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)
        self.out = nn.Linear(384, 10)

    def forward(self, x):
        return self.out(self.layers(x).mean(1))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4096, 10),
    )


MODELS = {
    "perceptron": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
    "convolutional": convolutional,
    "resnet-50": resnet50,
    "lstm": Recurrent,
    "deep-hpm": DeepHpm,
    "transformer": Encoder,
}


def training(name, compiled):
    model = MODELS[name]().train()
    x = torch.randn(SHAPES[name])
    rows = x.shape[0]
    if name in CLASSES:
        y, loss_of = torch.randint(0, CLASSES[name], (rows,)), F.cross_entropy
    else:
        y, loss_of = torch.randn(rows, 2), F.mse_loss
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    forward = torch.compile(model) if compiled else model

    def step():
        optimizer.zero_grad()
        loss = loss_of(forward(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    step()
    return step


def inference(name):
    model = MODELS[name]().eval()
    x = torch.randn(SHAPES[name])

    def forward():
        with torch.no_grad():
            model(x)

    forward()
    return forward


def seconds(count, f):
    start = time.perf_counter()
    for _ in range(count):
        f()
    return time.perf_counter() - start


def main():
    torch.manual_seed(1)
    torch.set_num_threads(int(sys.argv[1]))
    compiled = "--compile" in sys.argv
    made = {}
    for line in sys.stdin:
        name, *numbers = line.split()
        try:
            if name not in made:
                made = {name: prepared(name, int(numbers[0]), compiled)}
            print(seconds(int(numbers[-1]), made[name]), flush=True)
        except Exception as error:
            print("error", type(error).__name__, *str(error).split("\n")[:1], flush=True)


def prepared(name, size, compiled):
    if name == "matmul":
        a, b = torch.randn(size, size), torch.randn(size, size)
        return lambda: a @ b
    model, *forward = name.split("/")
    return inference(model) if forward else training(model, compiled)


if __name__ == "__main__":
    main()
