"""Cuts texts into tokens and classifies them, with Python's tokenizers and ONNX Runtime; see `torch_training.py`.

    python text_inference.py THREADS FOLDER

The folder has tokenizer.json, model.onnx and texts.json. Asked on standard input: `tokenize ROWS`, `predict ROWS`.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy  # noqa: E402
import onnxruntime  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

THREADS, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
TOKENS = 128


def main():
    texts = json.loads((FOLDER / "texts.json").read_text())
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])

    def predict(rows):
        found = tokenizer.encode_batch(rows)
        ids = numpy.array([one.ids for one in found], dtype=numpy.int64)
        mask = numpy.array([one.attention_mask for one in found], dtype=numpy.int64)
        session.run(["probabilities"], {"input_ids": ids, "attention_mask": mask})

    asked = {"tokenize": tokenizer.encode_batch, "predict": predict}
    for line in sys.stdin:
        what, rows = line.split()
        start = time.perf_counter()
        asked[what](texts[: int(rows)])
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
