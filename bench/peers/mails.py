"""`mails.py TRAIN TEST`: TF-IDF and logistic regression of scikit-learn on two files of JSON Lines; prints the accuracy."""

import json
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def read(path):
    with open(path, encoding="utf8") as file:
        rows = [json.loads(line) for line in file]
    return [row["text"] for row in rows], [row["label"] for row in rows]


train, test = (read(path) for path in sys.argv[1:3])
model = make_pipeline(TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000))
model.fit(*train)
print(json.dumps({"accuracy": model.score(*test)}))
