#!/usr/bin/env bash
# onnxmltools 1.16.0 with XGBoost 3.2.0: some models are converted without an error or a warning and answer other numbers.
#
# Each model below is an ordinary one of XGBoost's scikit-learn interface, on scikit-learn's own data. Right are regressions
# with the default objective, and classifiers of two or three classes with one tree a round. Otherwise:
#   - reg:logistic, survival:cox: what comes after the sum of the trees (the logistic function, the exponential) is missing
#   - binary:hinge of a regressor: the margin comes instead of 0 or 1
#   - two targets, three quantiles: the trees are not assigned to their outputs
#   - three classes with num_parallel_tree: trees go to wrong classes; the most probable class may be right all the same
# Comparing some rows with the model's own answers shows it; nothing else does.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet xgboost-cpu==3.2.0 onnxmltools==1.16.0 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0 scikit-learn==1.9.1 numpy==2.4.6

cat > compare.py <<'PY'
import warnings

import numpy as np
import onnxruntime
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.datasets import load_diabetes, load_wine
from xgboost import XGBClassifier, XGBRegressor

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(3)
X, y = load_diabetes(return_X_y=True)
W, wine = load_wine(return_X_y=True)
share = (y - y.min()) / (y.max() - y.min())
above = (y > 140).astype(int)


def difference(model, rows, own, output):
    onnx = convert_xgboost(model, initial_types=[("x", FloatTensorType([None, rows.shape[1]]))])
    session = onnxruntime.InferenceSession(onnx.SerializeToString())
    answered = session.run(None, {"x": rows.astype(np.float32)})[output]
    own = np.asarray(own, dtype=np.float64)
    return float(np.abs(answered.reshape(own.shape) - own).max() / np.abs(own).max())


def regression(target, **options):
    model = XGBRegressor(n_estimators=20, max_depth=3, **options).fit(X, target)
    return difference(model, X, model.predict(X), 0)


def classification(**options):
    model = XGBClassifier(n_estimators=20, max_depth=3, **options).fit(W, wine)
    return difference(model, W, model.predict_proba(W), 1)


right = {
    "a regression": regression(y),
    "three classes": classification(),
}
wrong = {
    "reg:logistic": regression(share, objective="reg:logistic"),
    "survival:cox": regression(y, objective="survival:cox"),
    "binary:hinge of a regressor": regression(above, objective="binary:hinge"),
    "two targets": regression(np.column_stack([y, -y])),
    "three quantiles": regression(y, objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9]),
    "three classes, num_parallel_tree=4": classification(num_parallel_tree=4),
}
for name, value in {**right, **wrong}.items():
    print(f"{name}: off by {value:.4f} of the largest answer")
if max(right.values()) > 1e-4 or min(wrong.values()) < 0.05:
    raise SystemExit("not as described any more")
PY
venv/bin/python compare.py
