"""Writes test/fixtures/golden/metrics.json: scikit-learn's metrics of small cases, edge cases among them.

Null stands for what scikit-learn calls undefined (NaN, or an error). Run as record.py is.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics as m
from sklearn import __version__

warnings.simplefilter("ignore")
random = np.random.default_rng(7)


def number(compute):
    try:
        value = float(compute())
    except ValueError:
        return None
    return None if np.isnan(value) else value


def calibration_error(truths, probabilities, bins=15):
    """Naeini et al. 2015, of the most probable class: scikit-learn has the curve (calibration_curve) but not the number."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truths
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[place == bin].sum() - confidence[place == bin].sum()) for bin in range(bins)
    ]
    return sum(gaps) / len(truths)


def classified(name, truths, probabilities):
    truths, probabilities = np.array(truths), np.array(probabilities, dtype=np.float64)
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    labels = list(range(classes))
    averaged = {
        "f1_score" if metric + suffix == "f1" else f"{metric}{suffix}": number(
            lambda: getattr(m, f"{score}_score")(truths, predicted, average=average, zero_division=0)
        )
        for metric, score in [("precision", "precision"), ("recall", "recall"), ("f1", "f1")]
        for suffix, average in [("", "macro"), ("_weighted", "weighted")]
    }
    auc = (
        {"roc_auc": number(lambda: m.roc_auc_score(truths, probabilities[:, 1]))}
        if classes == 2
        else {
            "roc_auc_ovr": number(
                lambda: m.roc_auc_score(truths, probabilities, multi_class="ovr", average="macro", labels=labels)
            )
        }
    )
    brier = (
        lambda: m.brier_score_loss(truths, probabilities[:, 1], pos_label=1)
        if classes == 2
        else m.brier_score_loss(truths, probabilities, labels=labels)
    )
    return {
        "name": name,
        "truths": truths.tolist(),
        "probabilities": probabilities.tolist(),
        "scores": {
            "accuracy": number(lambda: m.accuracy_score(truths, predicted)),
            "balanced_accuracy": number(lambda: m.balanced_accuracy_score(truths, predicted)),
            **averaged,
            **auc,
            "log_loss": number(lambda: m.log_loss(truths, y_proba=probabilities, labels=labels)),
            "brier_score": number(brier),
            "expected_calibration_error": number(lambda: calibration_error(truths, probabilities)),
        },
        "confusion_matrix": m.confusion_matrix(truths, predicted, labels=labels).tolist(),
    }


def regressed(name, truths, predicted):
    truths, predicted = np.array(truths, dtype=np.float64), np.array(predicted, dtype=np.float64)
    least = np.finfo(np.float64).eps
    return {
        "name": name,
        "truths": truths.tolist(),
        "predicted": predicted.tolist(),
        "scores": {
            "rmse": number(lambda: m.root_mean_squared_error(truths, predicted)),
            "mae": number(lambda: m.mean_absolute_error(truths, predicted)),
            "r2": number(lambda: m.r2_score(truths, predicted)),
            "mape": number(lambda: m.mean_absolute_percentage_error(truths, predicted)),
            # Not in scikit-learn: like its MAPE, with squares.
            "rmspe": number(
                lambda: np.sqrt(np.mean(((predicted - truths) / np.maximum(np.abs(truths), least)) ** 2))
            ),
        },
    }


def likely(rows, classes, skill):
    truths = random.integers(0, classes, rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), truths] += skill
    # Rounded, so that there are ties, and rows that add up to one.
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rounded = np.round(probabilities, 2)
    rounded[:, -1] = 1 - rounded[:, :-1].sum(axis=1)
    return truths, np.clip(rounded, 0, 1)


cases = {
    "scikit_learn": __version__,
    "classification": [
        classified("two classes", *likely(60, 2, 1)),
        classified("two classes, no skill", *likely(41, 2, 0)),
        classified("three classes", *likely(80, 3, 1.5)),
        classified("six classes", *likely(90, 6, 0.5)),
        classified("certain and right", [0, 1, 1, 0], [[1, 0], [0, 1], [0, 1], [1, 0]]),
        classified("certain and wrong", [0, 1, 0], [[0, 1], [1, 0], [1, 0]]),
        classified("all scores equal", [0, 1, 1], [[0.5, 0.5]] * 3),
        classified("one class occurs", [1, 1, 1], [[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]]),
        classified("a class occurs nowhere", [0, 2, 0], [[0.7, 0.1, 0.2], [0.3, 0.1, 0.6], [0.2, 0.1, 0.7]]),
        classified("a class is only predicted", [0, 2, 0], [[0.7, 0.1, 0.2], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2]]),
        classified("one row", [1], [[0.4, 0.6]]),
    ],
    "regression": [
        regressed("many rows", (t := random.normal(50, 10, 50)), t + random.normal(0, 3, 50)),
        regressed("far from zero", (t := random.normal(1e6, 1, 30)), t + random.normal(0, 1, 30)),
        regressed("worse than the mean", [1, 2, 3], [3, 1, -4]),
        regressed("all right", [1, 2, 3], [1, 2, 3]),
        regressed("a constant truth", [2, 2, 2], [1, 2, 4]),
        regressed("a constant truth, all right", [2, 2], [2, 2]),
        regressed("a truth of zero", [0, 1, 2], [1e-18, 1, 1]),
        regressed("one row", [3], [4]),
    ],
}
path = Path(__file__).parent.parent / "fixtures" / "golden" / "metrics.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size)
