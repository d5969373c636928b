"""The platform's predictions as one would write them by hand in FastAPI with ONNX Runtime: the peer of `npm run bench -- api/predict`.

The model is the file that ours serves, and the rows are checked and answered as ours are. What ours does besides it leaves
out: it knows no accounts, asks for no token, counts no request and looks up no model.

    python predict_app.py FOLDER MODEL

MODEL is a `model.onnx`, whose metadata say what it takes. One worker of uvicorn on a free port. Prints one line of JSON
when it listens, and ends with its standard input.
"""

import json
import os
import socket
import sys
import threading
from importlib.metadata import version

# Before the runtime is imported, as ours.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy
import onnxruntime
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

Cell = float | str | bool | None
session = None
serving = None


class PredictionRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    input: list[Cell] | None = None
    inputs: list[list[Cell]] | None = Field(default=None, min_length=1, max_length=10_000)


class Prediction(BaseModel):
    # A field cannot be called `class` in Python.
    label: str = Field(serialization_alias="class")
    confidence: float


class Predictions(BaseModel):
    predictions: list[Prediction]


app = FastAPI()


def column(feature, place, rows):
    values = [row[place] for row in rows]
    if feature["type"] in ("number", "timestamp"):
        if not all(value is None or isinstance(value, (int, float)) for value in values):
            raise HTTPException(400, f"{feature['name']} must be a number")
        numbers = [float("nan") if value is None else value for value in values]
        return numpy.array(numbers, dtype=numpy.float64).reshape(-1, 1)
    if not all(value is None or isinstance(value, str) for value in values):
        raise HTTPException(400, f"{feature['name']} must be a string")
    words = ["" if value is None else value.strip() for value in values]
    return numpy.array(words, dtype=object).reshape(-1, 1)


@app.post("/models/{model_id}/predict")
async def predict(model_id: str, given: PredictionRequest) -> Predictions:
    if (given.input is None) == (given.inputs is None):
        raise HTTPException(400, "input or inputs must be given, and only one of them")
    rows = given.inputs if given.input is None else [given.input]
    features = serving["features"]
    if any(len(row) != len(features) for row in rows):
        raise HTTPException(400, f"a row must have {len(features)} values")
    feeds = {feature["input"]: column(feature, place, rows) for place, feature in enumerate(features)}
    labels, probabilities = session.run(["label", "probabilities"], feeds)
    confidences = probabilities.max(axis=1).tolist()
    return Predictions(
        predictions=[
            Prediction(label=label, confidence=confidence) for label, confidence in zip(labels.tolist(), confidences)
        ]
    )


def end_with_input(server):
    sys.stdin.read()
    server.should_exit = True


def load(model):
    global session, serving
    options = onnxruntime.SessionOptions()
    # As ours does for a small model.
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    serving = json.loads(session.get_modelmeta().custom_metadata_map["serving"])


def main():
    load(sys.argv[2])
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(uvicorn.Config(app, loop="uvloop", http="httptools", workers=1))
    threading.Thread(target=end_with_input, args=(server,), daemon=True).start()
    parts = ("fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "onnxruntime", "numpy")
    versions = {"python": sys.version.split()[0], **{name: version(name) for name in parts}}
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"base": f"http://127.0.0.1:{listening.getsockname()[1]}", "versions": versions}), file=out, flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
