"""Fits one of scikit-learn's models for each line of its input, and prints its score on the rows for the test.

A line is JSON: the file, the target, the rows for the test (numbers among the rows that have a target), the model and
the seed. The score is the accuracy of a classification, and R² of a regression.
"""
import json
import sys
import warnings

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")

models = {
    "LogisticRegression": lambda seed: LogisticRegression(max_iter=5000),
    "Ridge": lambda seed: Ridge(),
    "MLPClassifier": lambda seed: MLPClassifier(hidden_layer_sizes=(64, 64), max_iter=1000, random_state=seed),
    "MLPRegressor": lambda seed: MLPRegressor(hidden_layer_sizes=(64, 64), max_iter=1000, random_state=seed),
}

for line in sys.stdin:
    request = json.loads(line)
    target = request["target"]
    frame = pd.read_csv(request["file"]).dropna(subset=[target]).reset_index(drop=True)
    x, y = frame.drop(columns=target), frame[target]
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    encoded = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    model = make_pipeline(encoded, models[request["model"]](request["seed"]))
    test = frame.index.isin(request["test"])
    model.fit(x[~test], y[~test])
    print(model.score(x[test], y[test]), flush=True)
