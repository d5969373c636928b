#!/usr/bin/env bash
# onnxmltools 1.16.0 with LightGBM 4.7.0: parameters of a model are lost at its conversion, without an error or a warning.
#
# The conversion copies the trees' thresholds and leaves. What LightGBM does beside them is not in the ONNX model:
#   - zero_as_missing: zeros go by their number instead of where missing values go
#   - linear_tree: a leaf's linear function is left out, its constant stays
#   - reg_sqrt: the answer stays the square root
#   - boosting_type="rf" of a regressor and of a classifier: the trees' sum instead of their mean
#   - sigmoid=2: the steepness of the logistic function stays 1; multiclassova: a softmax instead of one function a class
# Right are a regression and three classes with default parameters, dart, and extra_trees.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet lightgbm==4.7.0 onnxmltools==1.16.0 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0 scikit-learn==1.9.1 numpy==2.4.6

cat > compare.py <<'PY'
import warnings

import numpy as np
import onnxruntime
from lightgbm import LGBMClassifier, LGBMRegressor
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.datasets import load_diabetes, load_wine

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(3)
X, y = load_diabetes(return_X_y=True)
# Small whole numbers, many of them 0, as counts have.
counts = np.round(X * 50).astype(np.float32).astype(np.float64)
X = X.astype(np.float32).astype(np.float64)
W, wine = load_wine(return_X_y=True)
above = (y > 140).astype(int)
forest = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}


def difference(model, rows, own, output):
    onnx = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, rows.shape[1]]))], zipmap=False)
    session = onnxruntime.InferenceSession(onnx.SerializeToString())
    answered = session.run(None, {"x": rows.astype(np.float32)})[output]
    return float(np.abs(answered.reshape(own.shape) - own).max() / np.abs(own).max())


def regression(rows=X, **options):
    model = LGBMRegressor(n_estimators=20, verbose=-1, **options).fit(rows, y)
    return difference(model, rows, model.predict(rows), 0)


def classification(rows, target, **options):
    model = LGBMClassifier(n_estimators=20, verbose=-1, **options).fit(rows, target)
    return difference(model, rows, model.predict_proba(rows), 1)


right = {
    "a regression": regression(),
    "a regression on counts": regression(counts),
    "dart": regression(boosting_type="dart"),
    "extra_trees": regression(extra_trees=True),
    "three classes": classification(W, wine),
}
wrong = {
    "zero_as_missing": regression(counts, zero_as_missing=True),
    "linear_tree": regression(linear_tree=True),
    "reg_sqrt": regression(reg_sqrt=True),
    "rf, a regression": regression(**forest),
    "rf, two classes": classification(X, above, **forest),
    "sigmoid=2": classification(X, above, sigmoid=2.0),
    "multiclassova": classification(W, wine, objective="multiclassova"),
}
for name, value in {**right, **wrong}.items():
    print(f"{name}: off by {value:.4f} of the largest answer")
if max(right.values()) > 1e-4 or min(wrong.values()) < 0.05:
    raise SystemExit("not as described any more")
PY
venv/bin/python compare.py
