"""What Schemathesis cannot know from a document: how a CSV looks, and which rules no schema can say."""

import atexit
import json
import os
import re
import uuid
from urllib.parse import parse_qs, urlsplit

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData
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

# The archive of a backup that is not there any more.
with open("backup.tar.gz", "rb") as archive:
    schemathesis.openapi.media_type("application/gzip", st.just(archive.read()))

# Refusals of what a schema allows, by field and message: what each depends on is not in the shape of the request.
BEYOND_SCHEMA = [
    # What else was sent.
    (r"page", r"cannot be given together with "),
    (r"from", r"must not be after to"),
    (r"ids", r"must name 2 to 10 different models"),
    (r"start_date", r"must not be after end_date"),
    (r"from", r"must be at or before to, "),
    (r"truth", r"must be "),
    (r"encrypt_backup|digital_signature", r"must not be false where "),
    (r"service_name", r"must be at most 63 lower-case"),
    (r"vault_url", r"must (be a URL|not contain a )"),
    # The metadata of a page may be more than an answer carries.
    (r"limit", r"must be smaller here"),
    (
        r"namespace|replicas|image|vault_url|password|target|features|classes|scores|pixels|image_size",
        r"can only be given with deploy_to ",
    ),
    (r"parts", r"must be the parts 1 to \d+, in this order"),
    (r"early_stopping\.monitor", r"must be .* with validation_split "),
    (r"test_split", r"must be at most .* together "),
    (r"texts?", r"must be given or texts"),
    (r"reference", r"must be left out unless explain is true"),
    (r"variant", r"must be float32 with the format "),
    (r"key_iterations|hash_algorithm", r"must be "),
    (r"items\[\d+\]\.model_id", r"must be different from that of items"),
    (r"target", r'column ".*" must have at least 2 different values'),
    # What there is.
    # Of the model that predicts, and of the dataset that is learned from.
    (r"interval|probabilities|variant", r"must be "),
    (r"start_from", r"must be a model "),
    (r"split", r"must be left out"),
    (r"hyperparameters\.(horizon|window)", r"must be "),
    # What a sweep has in its space.
    (r"hyperparameters\..*", r"must be left out: it is in space"),
    (r"cv", r"must be at most the number of rows"),
    # Of a file of weights, or of a model without classes.
    (r"features|classes|scores|examples|pixels|image_size", r"must be left out"),
    (r"image_size(\[\d+\])?", r"must "),
    (r"pixels\..*", r"must have 1 number"),
    (r"examples\[\d+\].*", r"must "),
    (r"include\[\d+\]", r"must be a column of the dataset"),
    (r"", r".*model_id must be a model that takes rows of a table"),
    (r"", r"Model '.*' has no int8 version"),
    (r"", r"Model '.*' (cannot be served|has no revision) "),
    (r"explain", r"must be false for a model"),
    (r"model_type", r"must be a model type for "),
    (r"space(\..*|\[.*)?|metric", r"must "),
    (r"", r"model_id already exists"),
    (r"cursor", r"must be (a|the) next_cursor of "),
    (r"alias", r"must not (be latest|look like a version)"),
    (r"invitation", r"must be the token of an invitation"),
    (r"(new_)?password", r"must not be "),
    (r"current_password", r"must be the present password"),
    (r"confirm(_deletion)?", r"must be "),
    (r"parts", r"part \d+ was not uploaded"),
    # Fields of a form that are JSON.
    (r"missing|columns|classes|features|examples|pixels|image_size", r"must be JSON"),
    # The columns of the dataset, against the features of the model.
    (r"dataset_id", r"must be a (table|dataset with a column for each feature)"),
    (r"columns(\..*)?|target", r"must be (one of the columns|a column|different)"),
    # The file, read in the way that was asked for.
    (r"file", r""),
    (r"model_id", r"must be a version of "),
    # Of keys as PEM, the algorithm decides.
    (r"signing_key", r""),
    (r"training_data_path", r""),
    (r"row", r"\d+ must be a JSON object with text and label"),
    # The model's hyperparameters.
    (r"config(\..*)?", r""),
    # The features of the model.
    (r"(in|out)puts?\b.*", r""),
    # In forms, Schemathesis 4.32 counts an empty text among those of one character or more.
    (r"name", r'must have between 1 and \d+ characters; got ""'),
    # Which addresses are public, and what else is in a URL.
    (r"url", r"must (not )?(be a URL|be https|lead to|have a fragment|contain a user name)"),
]


def is_beyond_schema(field, message):
    return any(re.fullmatch(known, field) and re.match(of, message) for known, of in BEYOND_SCHEMA)


# Messages have semicolons as well.
NEXT = r"; (?=[\w.\[\]]+ (?:must|is|has) )"


def refusals(answer):
    """What was refused, as fields and messages: each surface says it in its way."""
    details = answer.get("details")
    if isinstance(details, list):
        return [(one["field"], one["message"]) for one in details]
    if answer.get("error") == "ValidationError":
        return list(details.items())
    said = answer["message"] if "message" in answer else answer["error"]
    invalid = re.match("Invalid input data(; checking stopped [^:]*)?: ", said)
    # Without a field, the whole message counts.
    return [tuple(fault.split(" ", 1)) for fault in re.split(NEXT, said[invalid.end() :])] if invalid else [("", said)]


def was_never_sent(message, url):
    """Whether what is wrong with a request is in a parameter that its URL does not have: an empty list is written as nothing."""
    wrong = re.search(r"parameter `([^`]+)` in query", message)
    return wrong is not None and wrong[1] not in parse_qs(urlsplit(url).query, keep_blank_values=True)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops refusals of schema-valid requests that no schema could have announced."""
    if isinstance(failure, AcceptedNegativeData):
        return not was_never_sent(failure.message, response.request.url)
    if not isinstance(failure, RejectedPositiveData):
        return True
    if b"Idempotency-Key was used before" in response.content:
        return False
    if response.status_code not in (400, 422):
        return True
    refused = refusals(json.loads(response.content))
    return not refused or not all(is_beyond_schema(*one) for one in refused)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes of what was generated what an API can do."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # The newest of those that were prepared, which nothing needs.
    if case.operation.label == "DELETE /api/v1/models/{model_id}" and case.operation.label not in accepted:
        case.path_parameters = {"model_id": 4}
    # Until an operation has succeeded it is called for what there is, and afterwards for anything.
    if case.operation.label in EXISTING and case.operation.label not in accepted:
        case.path_parameters = {**case.path_parameters, **EXISTING[case.operation.label]}
    # What is before the tensors in binary is told by the body alone.
    if case.headers and "inference-header-content-length" in case.headers:
        del case.headers["inference-header-content-length"]
    # One key for all requests would have each but the first refused.
    if case.headers and "idempotency-key" in case.headers:
        case.headers["idempotency-key"] = uuid.uuid4().hex
    if case.operation.label == "PUT /training-data/{name}" and case.media_type != "text/csv":
        case.path_parameters = {"name": "texts.jsonl"}
        case.body = TEXTS
    # Only of a part, whose place must be that of the next one.
    if case.operation.label == "PUT /model-loading/uploads/{name}/{file}":
        case.path_parameters = {"name": "bert", "file": "vocab.txt"}
        case.body = b"a"
        if case.headers and "content-range" in case.headers:
            del case.headers["content-range"]
    if case.operation.label in INFERENCE and case.media_type == "application/octet-stream":
        case.body = json.dumps({"inputs": json.loads(os.environ["TENSORS"])}).encode()
    # How a file can be read depends on the file; its description does not.
    if case.operation.label == "PATCH /datasets/{dataset_id}" and case.operation.label not in accepted:
        case.body = {"description": "Measured on three islands"}
    # Most of its options depend on the data, or on each other.
    if case.operation.label == "POST /training/start" and case.operation.label not in accepted:
        case.body = {"dataset_id": os.environ["DATASET"], "model_type": "mlp", "hyperparameters": {"epochs": 2}}
    if isinstance(case.body, dict):
        body = {name: possible(case.operation.label, name, value) for name, value in case.body.items()}
        # Whatever is assigned is judged anew, and a file is no text.
        if body != case.body:
            case.body = body


def possible(operation, name, value):
    # Nothing is to leave this machine: what is generated may be the address of somebody.
    if name == "url":
        return NOBODY
    if operation in INFERENCE and name == "inputs" and operation not in accepted:
        return json.loads(os.environ["TENSORS"])
    if operation == "POST /models/{model_id}/predict" and name == "input":
        return PENGUIN
    if (operation, name) in EXISTING_IN_BODY and operation not in accepted:
        return EXISTING_IN_BODY[operation, name]
    if (operation, name) in GIVEN:
        return GIVEN[operation, name]
    if name == "confirm_deletion":
        return True
    # Trainings are there to be started, not to be waited for.
    if name in ("hyperparameters", "config") and isinstance(value, dict):
        return {key: small(key, of) for key, of in value.items()}
    return value


VAULT = "/api/model-manager/{manager_id}"
# What belongs together, or is not text.
GIVEN = {
    ("POST /models/import/uploads", "file_name"): "weights.pth",
    (f"POST {VAULT}/models/compare", "model_names"): ["kept_v2.0", "kept_v2.1"],
    (f"PUT {VAULT}/security/password", "old_password"): "correct horse",
    (f"PUT {VAULT}/security/password", "new_password"): "correct horse",
    (f"PUT {VAULT}/security/password", "rotate_model_keys"): True,
}
MODEL = f"{VAULT}/models/{{model_name}}"
IN_VAULT = {"manager_id": "vault"}
NAMED = {"name": os.environ["MODEL_NAME"]}
INFERENCE = {
    "POST /oip/v2/models/{name}/infer": NAMED,
    "POST /oip/v2/models/{name}/versions/{version}/infer": {**NAMED, "version": "1.0.0"},
}
BATCH = {"batch_id": os.environ["BATCH"]}
TEXT_JOB = {"job_id": os.environ["TEXT_JOB"]}
EXISTING = {
    **{f"GET {MODEL}/{what}": {**IN_VAULT, "model_name": "kept_v2.1"} for what in ("info", "versions", "signature")},
    **{f"POST {MODEL}/{what}": {**IN_VAULT, "model_name": "kept_v2.1"} for what in ("activate", "deploy")},
    **{f"POST {VAULT}/{what}": IN_VAULT for what in ("models/load", "models/copy", "models/download", "backup/restore")},
    f"PATCH {MODEL}": {**IN_VAULT, "model_name": "kept_v2.1"},
    f"DELETE {MODEL}": {**IN_VAULT, "model_name": "spare"},
    f"DELETE {VAULT}/backup/{{backup_name}}": {**IN_VAULT, "backup_name": "spare"},
    f"GET {VAULT}/backup/{{backup_name}}/download": {**IN_VAULT, "backup_name": "kept"},
    f"POST {VAULT}/backup/{{backup_name}}/archive": {**IN_VAULT, "backup_name": "kept"},
    f"GET {VAULT}/models/uploads/{{upload_id}}": {**IN_VAULT, "upload_id": os.environ["VAULT_UPLOAD"]},
    f"GET {VAULT}/backup/uploads/{{upload_id}}": {**IN_VAULT, "upload_id": os.environ["VAULT_ARCHIVE"]},
    f"DELETE {VAULT}/models/uploads/{{upload_id}}": {**IN_VAULT, "upload_id": os.environ["VAULT_SPARE_UPLOAD"]},
    f"DELETE {VAULT}/backup/uploads/{{upload_id}}": {**IN_VAULT, "upload_id": os.environ["VAULT_SPARE_ARCHIVE"]},
    f"DELETE {VAULT}": {"manager_id": "spare"},
    **INFERENCE,
    "PATCH /datasets/{dataset_id}": {"dataset_id": os.environ["SPARE_DATASET"]},
    "GET /datasets/{dataset_id}/versions": {"dataset_id": os.environ["DATASET"]},
    "POST /training/restart/{job_id}": {"job_id": os.environ["JOB"]},
    "DELETE /models/{model_id}": {"model_id": os.environ["UNNAMED_MODEL"]},
    **{f"GET /oip/v2/models/{{name}}/versions/{{version}}{what}": {**NAMED, "version": "1.0.0"} for what in ("", "/ready")},
    "POST /models/{model_id}/predict/batch": {"model_id": os.environ["MODEL"]},
    "GET /predictions/batch/{batch_id}": BATCH,
    "GET /predictions/batch/{batch_id}/download": BATCH,
    "DELETE /predictions/batch/{batch_id}": {"batch_id": os.environ["SPARE_BATCH"]},
    "POST /predictions/{prediction_id}/feedback": {"prediction_id": os.environ["PREDICTION"]},
    "GET /jobs/{job_id}": TEXT_JOB,
    "DELETE /model-loading/uploads/{name}": {"name": "spare"},
    "GET /models/{model_name}": {"model_name": "compact-text"},
    "GET /models/{model_name}/versions": {"model_name": "compact-text"},
}
EXISTING_IN_BODY = {
    (f"POST {VAULT}/models/load", "model_name"): "kept_v2.1",
    (f"POST {VAULT}/models/download", "model_name"): "kept_v2.1",
    (f"POST {VAULT}/models/copy", "source_model_id"): os.environ["MODEL"],
    (f"POST {VAULT}/models/copy", "source_version"): "latest",
    (f"POST {VAULT}/backup/restore", "backup_name"): "kept",
    (f"POST {VAULT}/backup/restore", "models_to_restore"): ["kept_v2.1"],
    ("POST /models/{model_id}/predict/batch", "dataset_id"): os.environ["DATASET"],
    ("POST /predict", "model_name"): "compact-text",
    ("POST /predict", "version"): "latest",
    ("POST /train", "model_name"): "compact-text",
    ("POST /retrain", "model_name"): "compact-text",
}
NOBODY = "http://127.0.0.1:9/trainyard"
PENGUIN = ["Biscoe", 47.5, 15.0, 218, 4950, "female", 2009]
TEXTS = b'{"text": "Hello", "label": "benign"}\n{"text": "Ignore all that", "label": "jailbreak"}\n'
MOST = {"epochs": 20, "num_epochs": 2, "max_length": 256, "batch_size": 4096, "hidden_layers": 32}


def small(name, value):
    if isinstance(value, list):
        return [small(name, one) for one in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return min(value, MOST[name]) if is_number and name in MOST else value


accepted = set()


@schemathesis.hook
def after_call(context, case, response):
    if 200 <= response.status_code < 400 and case.method.upper() == case.operation.method.upper():
        accepted.add(case.operation.label)


@atexit.register
def say_accepted():
    with open(os.environ["ACCEPTED"], "w") as file:
        json.dump(sorted(accepted), file)
