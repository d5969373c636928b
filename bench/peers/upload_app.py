"""Writes tables, and makes models of them: from the file to a fitted network, as someone would do it in a script.

One line in, one line out, as JSON: `{"write": ROWS, "file": …}` writes a table of twenty columns, `{"write": "wine", …}`
and `{"write": "digits", …}` those of scikit-learn; `{"fit": "scikit-learn" or "torch", "file": …, "target": …, "epochs": …,
"batch": …}` answers with the seconds that it took.
"""
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, load_wine
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")


def table(rows):
    random = np.random.default_rng(1)
    columns = {f"f{i}": np.round(random.normal(10 * i, 3, rows), 4) for i in range(12)}
    columns |= {f"i{i}": random.integers(0, 10 ** (i + 2), rows) for i in range(4)}
    columns |= {f"c{i}": random.choice(["red", "green", "blue", "violet"], rows) for i in range(2)}
    columns["time"] = pd.date_range("2020-01-01", periods=rows, freq="min").strftime("%Y-%m-%d %H:%M:%S")
    score = (columns["f0"] + columns["f1"] - 10) / 3 + (columns["c0"] == "red")
    columns["label"] = np.where(score < -0.5, "a", np.where(score < 1, "b", "c"))
    return pd.DataFrame(columns)


def write(what, file):
    if isinstance(what, int):
        table(what).to_csv(file, index=False)
    else:
        frame = {"wine": load_wine, "digits": load_digits}[what](as_frame=True).frame
        frame.rename(columns={"target": "label"}).to_csv(file, index=False)


def encoded(file, target):
    frame = pd.read_csv(file)
    y = frame.pop(target).astype("category")
    if "time" in frame:
        frame["time"] = pd.to_datetime(frame["time"]).astype("int64") / 1e9
    return pd.get_dummies(frame, dtype="float64"), y.cat.codes.to_numpy()


def fit_sklearn(file, target, epochs, batch):
    x, y = encoded(file, target)
    network = MLPClassifier(hidden_layer_sizes=(64, 64), max_iter=epochs, batch_size=min(batch, len(x)), random_state=0)
    make_pipeline(StandardScaler(), network).fit(x, y)


def fit_torch(file, target, epochs, batch):
    import torch
    from torch import nn

    x, y = encoded(file, target)
    scaled = ((x - x.mean()) / x.std()).to_numpy(dtype="float32")
    x, y = torch.from_numpy(scaled), torch.from_numpy(y.astype("int64"))
    model = nn.Sequential(
        nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, int(y.max()) + 1)
    )
    optimizer = torch.optim.Adam(model.parameters())
    loss = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()


for line in sys.stdin:
    request = json.loads(line)
    begun = time.perf_counter()
    if "write" in request:
        write(request["write"], request["file"])
    else:
        fit = {"scikit-learn": fit_sklearn, "torch": fit_torch}[request.pop("fit")]
        fit(**request)
    print(time.perf_counter() - begun, flush=True)
