"""Writes test/fixtures/digits.json: the 1797 handwritten digits of 8 x 8 pixels that scikit-learn ships (Alpaydin and
Kaynak, "Optical Recognition of Handwritten Digits", UCI, CC BY 4.0). One byte a pixel, 0 to 16, and one a label, base64.

Run as record.py is.
"""

import base64
import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
text = {
    "pixels": base64.b64encode(digits.data.astype(np.uint8).tobytes()).decode(),
    "labels": base64.b64encode(digits.target.astype(np.uint8).tobytes()).decode(),
}
path = Path(__file__).parent.parent / "fixtures" / "digits.json"
path.write_text(json.dumps(text, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size)
