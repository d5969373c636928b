"""What Schemathesis cannot know from a document: how a CSV looks, and which rules no schema can say."""

import json
import re

import schemathesis
from hypothesis import strategies as st
from schemathesis.openapi.checks import RejectedPositiveData

CELL = st.text(alphabet="abcxyz0123456789. -", min_size=1, max_size=8)
COLUMNS = st.integers(min_value=2, max_value=5)


@st.composite
def csv_files(draw):
    columns = draw(COLUMNS)
    header = ",".join(f"c{i}" for i in range(columns))
    row = st.lists(CELL, min_size=columns, max_size=columns).map(",".join)
    rows = draw(st.lists(row, min_size=1, max_size=10))
    return "\n".join([header, *rows, ""]).encode()


schemathesis.openapi.media_type("text/csv", csv_files())
# Of a field of a form, the format decides.
schemathesis.openapi.format("binary", csv_files())

# Refusals of what a schema allows, by field and message: what each depends on is not in the shape of the request.
BEYOND_SCHEMA = [
    # What else was sent.
    (r"page", r"cannot be given together with "),
    (r"from", r"must not be after to"),
    (r"ids", r"must name 2 to 10 different models"),
    (r"parts", r"must be the parts 1 to \d+, in this order"),
    (r"early_stopping\.monitor", r"must be .* with validation_split "),
    # What there is.
    (r"cursor", r"must be (a|the) next_cursor of "),
    (r"alias", r"must not (be latest|look like a version)"),
    (r"invitation", r"must be the token of an invitation"),
    (r"parts", r"part \d+ was not uploaded"),
    # The features of the model.
    (r"inputs?\b.*", r""),
    # In forms, Schemathesis 4.32 counts an empty text among those of one character or more.
    (r"name", r'must have between 1 and \d+ characters; got ""'),
    # Which addresses are public, and what else is in a URL.
    (r"url", r"must (not )?(be a URL|be https|lead to|have a fragment|contain a user name)"),
]


def is_beyond_schema(detail):
    return any(re.fullmatch(field, detail["field"]) and re.match(of, detail["message"]) for field, of in BEYOND_SCHEMA)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops refusals of schema-valid requests that no schema could have announced."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    if response.status_code == 422:
        return b"Idempotency-Key was used before" not in response.content
    if response.status_code != 400:
        return True
    details = json.loads(response.content).get("details", [])
    return not details or not all(is_beyond_schema(detail) for detail in details)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Trainings are there to be started, not to be waited for."""
    if case.operation.label == "POST /training/start" and isinstance(case.body, dict):
        hyperparameters = case.body.get("hyperparameters")
        if isinstance(hyperparameters, dict):
            case.body["hyperparameters"] = {**hyperparameters, **small(hyperparameters)}


def small(hyperparameters):
    bounds = {"epochs": 20, "batch_size": 4096}
    numbers = {name: min(hyperparameters[name], most) for name, most in bounds.items() if is_whole(hyperparameters.get(name))}
    layers = hyperparameters.get("hidden_layers")
    if not isinstance(layers, list):
        return numbers
    return {**numbers, "hidden_layers": [min(one, 32) if is_whole(one) else one for one in layers]}


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)
