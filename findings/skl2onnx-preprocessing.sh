#!/usr/bin/env bash
# skl2onnx 1.20.0 with scikit-learn 1.9.1: parameters of preprocessing steps are lost at the conversion, without an error.
#
#   - Normalizer(norm="max") divides by the largest value, where scikit-learn divides by the largest absolute value
#   - OrdinalEncoder(min_frequency=…) of several columns: all get the numbers of the first one's frequent categories, whatever
#     is rare among theirs; OneHotEncoder with the same option raises
#   - PowerTransformer turns missing values into numbers, where scikit-learn leaves them missing for an imputer after it
#   - KNeighborsRegressor(weights="distance") is another function at rows that it was trained on: float32 distances of equal
#     rows are not 0
# Right are the same classes with their default options, PowerTransformer where nothing is missing, and OrdinalEncoder with
# that option for a single column.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet skl2onnx==1.20.0 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat > compare.py <<'PY'
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import Normalizer, OrdinalEncoder, PowerTransformer

warnings.filterwarnings("ignore")
X, y = load_diabetes(return_X_y=True)
X = (X * 20).astype(np.float32)
generator = np.random.default_rng(0)
holes = np.where(generator.random(X.shape) < 0.1, np.nan, X).astype(np.float32)
first, second = (np.repeat([1.0, 2.0, 3.0, 4.0], counts) for counts in ([6, 100, 4, 90], [90, 50, 55, 5]))
categories = np.column_stack([first, second]).astype(np.float32)


def difference(step, rows):
    """The share of answers that differ by more than rounding."""
    step.fit(rows, y[: len(rows)])
    own = np.asarray(step.predict(rows) if hasattr(step, "predict") else step.transform(rows), dtype=np.float64)
    session = onnxruntime.InferenceSession(to_onnx(step, rows[:1]).SerializeToString())
    answered = np.asarray(session.run(None, {session.get_inputs()[0].name: rows})[0], dtype=np.float64).reshape(own.shape)
    return float(np.mean(~np.isclose(answered, own, rtol=1e-3, atol=1e-3 * np.nanmax(np.abs(own)), equal_nan=True)))


right = {
    "Normalizer()": difference(Normalizer(), X),
    "OrdinalEncoder(), two columns": difference(OrdinalEncoder(), categories),
    "OrdinalEncoder(min_frequency=50), one column": difference(OrdinalEncoder(min_frequency=50), categories[:, :1]),
    "PowerTransformer(), nothing missing": difference(PowerTransformer(), X),
    "KNeighborsRegressor()": difference(KNeighborsRegressor(), X),
}
wrong = {
    'Normalizer(norm="max")': difference(Normalizer(norm="max"), X),
    "OrdinalEncoder(min_frequency=50), two columns": difference(OrdinalEncoder(min_frequency=50), categories),
    "PowerTransformer(), a tenth missing": difference(PowerTransformer(), holes),
    'KNeighborsRegressor(weights="distance")': difference(KNeighborsRegressor(weights="distance"), X),
}
for name, share in {**right, **wrong}.items():
    print(f"{name}: {share:.3f} of the answers differ")
if max(right.values()) > 0 or min(wrong.values()) < 0.01:
    raise SystemExit("not as described any more")
PY
venv/bin/python compare.py
