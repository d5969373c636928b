#!/usr/bin/env bash
# CatBoost 1.2.10 with onnxruntime 1.32.0: some exported models answer something else, without an error.
#
# Each model is an ordinary one, saved by `save_model(…, format="onnx")` and run on the rows that it has learned from.
#   - two classes called 1 and 2: the label is 0 or 1, so that 1 is the wrong class; the probabilities are those of 1 and 2.
#     The file lists 1 and 2: it is the runtime that numbers two classes which both have weights. Classes that are texts, or
#     three numbers, are right
#   - Poisson, Tweedie: the exponential after the sum of the trees, which `predict` applies, is missing
#   - MultiClassOneVsAll: a softmax of the scores instead of one logistic function a class; the label is right
#   - a threshold of `set_probability_threshold` is lost
#   - MultiLogloss (several labels a row): one label
# Right are RMSE, Quantile, Logloss with classes 0 and 1, and MultiClass, also with missing values.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet catboost==1.2.10 onnxruntime==1.32.0 numpy==2.4.6

cat > compare.py <<'PY'
import numpy as np
import onnxruntime
from catboost import CatBoostClassifier, CatBoostRegressor

random = np.random.default_rng(0)
x = random.normal(size=(1000, 4)).astype("float32")
score = x[:, 0] + x[:, 1] ** 2
gaps = np.where(random.random(x.shape) < 0.2, np.float32("nan"), x)
quiet = onnxruntime.SessionOptions()
quiet.log_severity_level = 3


def answers(model, rows):
    model.save_model("model.onnx", format="onnx")
    return onnxruntime.InferenceSession("model.onnx", quiet).run(None, {"features": rows})


def fitted(kind, y, rows=x, **options):
    return kind(iterations=30, thread_count=1, verbose=0, allow_writing_files=False, **options).fit(rows, y)


def shown(name, good):
    print(f"{name}: {'equal' if good else 'other answers'}")


def numbers(name, y, rows=x, **options):
    model = fitted(CatBoostRegressor, y, rows, **options)
    shown(name, np.allclose(answers(model, rows)[0].ravel(), model.predict(rows), atol=1e-4))


def classes(name, y, rows=x, threshold=None, **options):
    model = fitted(CatBoostClassifier, y, rows, **options)
    if threshold:
        model.set_probability_threshold(threshold)
    labels, maps = answers(model, rows)
    likely = [[row[key] for key in model.classes_] for row in maps]
    shown(f"{name}, labels", np.array_equal(np.asarray(labels, str), np.asarray(model.predict(rows), str).ravel()))
    shown(f"{name}, probabilities", np.allclose(likely, model.predict_proba(rows), atol=1e-4))


numbers("RMSE", score)
numbers("RMSE, missing values", score, gaps)
numbers("Quantile", score, loss_function="Quantile:alpha=0.9")
numbers("Poisson", abs(score), loss_function="Poisson")
numbers("Tweedie", abs(score), loss_function="Tweedie:variance_power=1.5")
classes("0 and 1", (score > 1).astype(int))
classes("1 and 2", (score > 1) + 1)
classes("no and yes", np.where(score > 1, "yes", "no"))
classes("a threshold", (score > 1).astype(int), threshold=0.9)
classes("3, 4 and 5", np.digitize(score, [0, 1]) + 3, loss_function="MultiClass")
classes("one against all", np.digitize(score, [0, 1]), loss_function="MultiClassOneVsAll")
several = fitted(CatBoostClassifier, np.c_[score > 0, score > 1].astype(int), loss_function="MultiLogloss")
print("several labels:", answers(several, x)[0].shape, "instead of", several.predict(x).shape)
PY

ORT_DISABLE_TELEMETRY=1 venv/bin/python compare.py 2> errors | tee seen || { cat errors; exit 1; }

cat > expected <<'TEXT'
RMSE: equal
RMSE, missing values: equal
Quantile: equal
Poisson: other answers
Tweedie: other answers
0 and 1, labels: equal
0 and 1, probabilities: equal
1 and 2, labels: other answers
1 and 2, probabilities: equal
no and yes, labels: equal
no and yes, probabilities: equal
a threshold, labels: other answers
a threshold, probabilities: equal
3, 4 and 5, labels: equal
3, 4 and 5, probabilities: equal
one against all, labels: equal
one against all, probabilities: other answers
several labels: (1000,) instead of (1000, 2)
TEXT
diff expected seen
