"""Records test/fixtures/golden/*.json: for each model its weights and one batch, then PyTorch's loss, every gradient, and
the parameters after ten steps of each optimizer on that batch.

    python3 -m venv .venv && .venv/bin/pip install -r test/golden/requirements.txt
    .venv/bin/python test/golden/record.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from models import MODELS

STEPS = 10


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2. PyTorch has none; this is the paper's five lines over PyTorch's gradients.

    A component that is zero but for rounding has a sign that is decided by the rounding: `undecided` marks it.
    """

    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                moment = state.setdefault("moment", torch.zeros_like(p))
                undecided = state.setdefault("undecided", torch.zeros_like(p, dtype=torch.bool))
                mixed = beta1 * moment + (1 - beta1) * p.grad
                undecided |= (mixed != 0) & (mixed.abs() < 1e-6)
                p -= group["lr"] * (mixed.sign() + group["weight_decay"] * p)
                moment.mul_(beta2).add_(p.grad, alpha=1 - beta2)


# A large epsilon: where a gradient is zero but for rounding, Adam would make a step of the rounding.
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-3, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-3, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.002, eps=1e-3),
    "lion": lambda p: Lion(p, lr=0.002, weight_decay=0.1),
}


def plain(tensor):
    values = tensor.detach().reshape(-1).tolist()
    if tensor.dtype.is_floating_point:
        values = [float(np.format_float_positional(np.float32(v), unique=True)) for v in values]
    return {"shape": list(tensor.shape), "data": values}


def plains(tensors):
    return {name: plain(tensor) for name, tensor in tensors.items()}


def after(leaves, state, optimizer):
    """Parameters and buffers; null for what the optimizer marked as undecided."""
    result = plains(leaves | state)
    for name, leaf in leaves.items():
        undecided = optimizer.state[leaf].get("undecided")
        if undecided is not None:
            values = zip(result[name]["data"], undecided.reshape(-1).tolist())
            result[name]["data"] = [None if hidden else value for value, hidden in values]
    return result


def record(build):
    torch.manual_seed(7)
    parameters, buffers, data, loss_of = build()

    def start():
        return (
            {name: value.clone().requires_grad_() for name, value in parameters.items()},
            {name: value.clone() for name, value in buffers.items()},
        )

    leaves, state = start()
    loss = loss_of(leaves, state, data)
    loss.backward()
    result = {
        "parameters": plains(parameters),
        "buffers": plains(buffers),
        "data": plains(data),
        "loss": loss.item(),
        "gradients": {name: plain(leaf.grad) for name, leaf in leaves.items()},
        "steps": STEPS,
        "after": {},
    }
    for name, make in OPTIMIZERS.items():
        leaves, state = start()
        optimizer = make(leaves.values())
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss_of(leaves, state, data).backward()
            optimizer.step()
        result["after"][name] = after(leaves, state, optimizer)
    return result


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(__file__).parent.parent / "fixtures" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in MODELS.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps({"torch": torch.__version__.split("+")[0], **record(build)}, separators=(",", ":")) + "\n")
        print(path.name, path.stat().st_size)
