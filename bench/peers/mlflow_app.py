"""`mlflow server` on SQLite with as many models as ours has: the peer of `npm run bench -- api/list`.

Each model is a run with four metrics, five parameters and a name, and a registered model with one version, as a training
with autologging leaves them. The tables are made by MLflow and filled by SQL, since its API would take hours.

    python mlflow_app.py FOLDER MODELS

One worker on a free port. Prints one line of JSON when it answers, and ends with its standard input.
"""

import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import uuid

os.environ.update(
    {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # Background jobs, which lists do not need.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
)

from importlib.metadata import version  # noqa: E402

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: E402

PATIENCE_SECONDS = 300
PARAMETERS = {"learning_rate": "0.001", "batch_size": "32", "epochs": "20", "optimizer": "adam", "seed": "7"}


def inserter(database, table):
    """Inserts rows given as dictionaries with the same names; the other columns have their defaults."""

    def insert(rows):
        first = next(rows)
        names = list(first)
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        database.execute(sql, list(first.values()))
        database.executemany(sql, (list(row.values()) for row in rows))

    return insert


def fill(path, experiment, count):
    database = sqlite3.connect(path)
    database.execute("PRAGMA foreign_keys = ON")
    now = int(time.time() * 1000)
    numbers = random.Random(1)
    runs = [(uuid.uuid4().hex, f"model-{n:06}", now - 60_000 * n) for n in range(count)]
    metrics = [
        {"key": key, "value": numbers.random(), "timestamp": at, "run_uuid": run, "step": 0, "is_nan": 0}
        for run, _, at in runs
        for key in ("accuracy", "precision", "recall", "f1_score")
    ]
    inserter(database, "runs")(
        {
            "run_uuid": run,
            "name": name,
            "source_type": "LOCAL",
            "source_name": "train.py",
            "entry_point_name": "",
            "user_id": "ada",
            "status": "FINISHED",
            "start_time": at,
            "end_time": at + 2000,
            "source_version": "",
            "lifecycle_stage": "active",
            "artifact_uri": f"mlflow-artifacts:/{experiment}/{run}/artifacts",
            "experiment_id": experiment,
        }
        for run, name, at in runs
    )
    inserter(database, "metrics")(iter(metrics))
    inserter(database, "latest_metrics")(iter(metrics))
    inserter(database, "params")(
        {"key": key, "value": value, "run_uuid": run} for run, _, _ in runs for key, value in PARAMETERS.items()
    )
    inserter(database, "tags")(
        {"key": key, "value": value, "run_uuid": run}
        for run, name, _ in runs
        for key, value in (("mlflow.runName", name), ("mlflow.user", "ada"))
    )
    inserter(database, "registered_models")(
        {"name": name, "creation_time": at, "last_updated_time": at} for _, name, at in runs
    )
    inserter(database, "model_versions")(
        {
            "name": name,
            "version": 1,
            "creation_time": at,
            "last_updated_time": at,
            "current_stage": "None",
            "source": f"runs:/{run}/model",
            "run_id": run,
            "status": "READY",
        }
        for run, name, at in runs
    )
    database.commit()
    database.execute("ANALYZE")
    database.commit()
    database.close()


def is_up(base):
    try:
        with urllib.request.urlopen(f"{base}/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def answering(server):
    """The process that the command has started; the command itself where there is no /proc."""
    try:
        with open(f"/proc/{server.pid}/task/{server.pid}/children") as children:
            return int(children.read().split()[-1])
    except (OSError, IndexError):
        return server.pid


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    path = os.path.join(folder, "mlflow.db")
    uri = f"sqlite:///{path}"
    experiment = SqlAlchemyStore(uri, os.path.join(folder, "artifacts")).create_experiment("penguins")
    fill(path, int(experiment), count)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [os.path.join(os.path.dirname(sys.executable), "mlflow"), "server"]
    command += ["--backend-store-uri", uri, "--artifacts-destination", os.path.join(folder, "artifacts")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    end = time.time() + PATIENCE_SECONDS
    while not is_up(base):
        if server.poll() is not None or time.time() > end:
            sys.exit("mlflow server did not start")
        time.sleep(0.2)
    versions = {"python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version}
    versions |= {name: version(name) for name in ("mlflow", "sqlalchemy", "uvicorn")}
    pid = answering(server)
    print(json.dumps({"base": base, "pid": pid, "experiment": experiment, "versions": versions}), file=out, flush=True)
    sys.stdin.read()
    # The command does not pass the signal on.
    for process in {pid, server.pid}:
        os.kill(process, 15)
    server.wait()


if __name__ == "__main__":
    main()
