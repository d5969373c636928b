"""Exports small PyTorch models as ONNX files to test/fixtures/golden/, for the reader of such files to be tried on.

Run as record.py is.
"""

from pathlib import Path

import torch
from torch import nn


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, bidirectional=True)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        sequence, _ = self.lstm(x.transpose(0, 1))
        return self.out(sequence.mean(0))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, stride=2),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
        nn.Conv2d(4, 6, 2, groups=2),
        nn.Hardtanh(-1, 1),
        nn.AvgPool2d(2, stride=1),
        nn.Flatten(),
        nn.Linear(6, 3),
    )


def encoder():
    block = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.1, activation="gelu", batch_first=True)
    return nn.Sequential(block, nn.LayerNorm(8), nn.Linear(8, 3))


MODELS = {
    "convolutional": (convolutional, (5, 2, 10, 9)),
    "recurrent": (Recurrent, (5, 6, 3)),
    "encoder": (encoder, (5, 4, 8)),
}

if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "fixtures" / "golden"
    for name, (build, shape) in MODELS.items():
        torch.manual_seed(7)
        model = build().train()
        with torch.no_grad():
            model(torch.randn(shape))  # moves running statistics away from 0 and 1
        path = folder / f"{name}.onnx"
        torch.onnx.export(
            model.eval(),
            (torch.randn(shape),),
            path,
            dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            opset_version=17,
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "rows"}},
        )
        print(path.name, path.stat().st_size)
