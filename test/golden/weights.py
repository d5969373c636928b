"""Files of weights as PyTorch and safetensors write them, for the reader of `layers/learning/files`:
test/fixtures/golden/weights.json, each file in base64, and the numbers that are in it."""

import argparse
import base64
import io
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save


def saved(value, **options):
    into = io.BytesIO()
    torch.save(value, into, **options)
    return base64.b64encode(into.getvalue()).decode()


torch.manual_seed(7)
grid = torch.arange(12, dtype=torch.float32).reshape(3, 4)
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
types = {
    "float64": torch.tensor([0.1, -2.5], dtype=torch.float64),
    "float16": torch.tensor([0.5, -2.0], dtype=torch.float16),
    "bfloat16": torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
    "int64": torch.tensor([-(2**40), 3]),
    "int32": torch.tensor([-5, 3], dtype=torch.int32),
    "int16": torch.tensor([-5, 300], dtype=torch.int16),
    "int8": torch.tensor([-5, 3], dtype=torch.int8),
    "uint8": torch.tensor([250, 3], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
}
views = {"grid": grid, "transposed": grid.T, "column": grid[:, 1], "rest": grid[1:], "scalar": grid[2, 3], "none": grid[:0]}
files = {
    "module": saved(module.state_dict()),
    "parameters": saved(OrderedDict(w=torch.nn.Parameter(grid))),
    "types": saved(types),
    "views": saved(views),
    "checkpoint": saved({"epoch": 3, "lr": 0.5, "betas": (0.9, 0.99), "done": False, "state_dict": module.state_dict()}),
    "repeated": saved({"w": torch.zeros(1).expand(1000)}),
    "no state": saved([grid]),
    "code": saved({"w": grid, "args": argparse.Namespace(lr=1)}),
    "legacy": saved({"w": grid}, _use_new_zipfile_serialization=False),
    "protocol 4": saved({"w": grid}, pickle_protocol=4),
    "safetensors": base64.b64encode(save({"grid": grid.numpy(), "ids": np.arange(3)})).decode(),
}
numbers = {name: tensor.tolist() for name, tensor in {**types, **views, **module.state_dict()}.items()}
target = Path(__file__).parent.parent / "fixtures" / "golden" / "weights.json"
target.write_text(json.dumps({"files": files, "numbers": numbers}, indent=1) + "\n")
