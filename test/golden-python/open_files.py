"""Opens the files of a model in a folder as someone would who has no Trainyard: prints what PyTorch and ONNX Runtime
answer for rows.json, whether ONNX's checker passes, and whether both files of weights have the same numbers."""

import json
import os
import re
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import load_file

os.chdir(sys.argv[1])
card = open("model-card.md").read()
program = {}
for block in re.findall(r"```python\n(.*?)```", card, re.DOTALL):
    exec(block, program)

rows = json.load(open("rows.json"))
with torch.no_grad():
    answer = program["predict"](rows)
classes = isinstance(answer, tuple)

onnx.checker.check_model("model.onnx", full_check=True)
session = onnxruntime.InferenceSession("model.onnx")
serving = json.load(open("serving.json"))
kind = serving.get("kind", "table")
feeds = {}
if kind == "image":
    feeds["image"] = np.array(rows, dtype=np.float32)
elif kind == "text":
    buckets, weights = program["encode"](rows).unbind(dim=1)
    feeds = {"buckets": buckets.numpy().astype(np.int32), "weights": weights.numpy()}
    serving["features"] = []
for i, feature in enumerate(serving["features"]):
    # [rows, 1] of a table, [series, steps] of windows.
    column = [[step[i] for step in row] if kind == "series" else [row[i]] for row in rows]
    number = feature["type"] in ("number", "timestamp")
    missing, dtype = (np.nan, np.float64) if number else ("", object)
    filled = [[missing if value is None else value for value in values] for values in column]
    feeds[feature["input"]] = np.array(filled, dtype=dtype)
exported = dict(zip([output.name for output in session.get_outputs()], session.run(None, feeds)))


def exported_labels():
    if "label" in exported:
        return exported["label"].tolist()
    return [[name for name, has in zip(serving["classes"], row) if has] for row in exported["labels"]]


state = torch.load("model.pth", weights_only=True)
mapped = torch.load("model.pth", weights_only=True, mmap=True)
tensors = load_file("model.safetensors")
print(
    json.dumps(
        {
            "torch": {"labels": answer[0], "numbers": answer[1].tolist()} if classes else {"numbers": answer.tolist()},
            "onnx": {"labels": exported_labels(), "numbers": exported["probabilities"].tolist()}
            if classes
            else {"numbers": exported["value"].tolist()},
            "names": sorted(state),
            "same": sorted(tensors) == sorted(state)
            and all(torch.equal(tensors[name], state[name]) and torch.equal(mapped[name], state[name]) for name in state),
        }
    )
)
