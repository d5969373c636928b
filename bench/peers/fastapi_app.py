"""The platform's login, list, status and new webhook, and the catalog's list and create, as one would write them by hand in FastAPI on SQLite: the peer of `npm run bench -- api`.

The work is ours: the token is verified (ES256), its session is read, the request is counted in a write that waits for no
disk, and the answer has our fields. Passwords are Argon2id with our parameters. Of ours it leaves out the security headers and CORS.

    python fastapi_app.py FOLDER MODELS

One worker of uvicorn on a free port. Prints one line of JSON when it listens, and ends with its standard input.
"""

import base64
import hashlib
import json
import os
import secrets
import socket
import sqlite3
import sys
import threading
import time
import unicodedata
import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Annotated, Generic, Literal, TypeVar

import jwt
import uvicorn
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

ISSUER = AUDIENCE = "trainyard"
ACCESS_SECONDS, REFRESH_SECONDS, WINDOW_SECONDS = 1800, 30 * 86400, 3600
LIMIT = 1_000_000_000
USERNAME, PASSWORD = "ada", "correct horse battery"

SCHEMA = """
CREATE TABLE accounts (
  id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL, webhooks INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE sessions (
  account_id TEXT NOT NULL, id TEXT NOT NULL, refresh_sha256 TEXT NOT NULL UNIQUE, expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE TABLE failures (name TEXT PRIMARY KEY, count INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE jobs (
  account_id TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, progress REAL NOT NULL,
  current_epoch INTEGER NOT NULL, total_epochs INTEGER NOT NULL, metrics TEXT NOT NULL, started_at TEXT, ended_at TEXT,
  compute_seconds REAL NOT NULL, estimated_cost REAL NOT NULL, device TEXT,
  PRIMARY KEY (account_id, id)
);
CREATE TABLE models (
  account_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, model_type TEXT NOT NULL, accuracy REAL,
  created_at TEXT NOT NULL, size_mb REAL NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE TABLE webhooks (
  account_id TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, filter TEXT,
  description TEXT NOT NULL, secret BLOB NOT NULL, created_at TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE TABLE catalog (
  account_id TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, model_id TEXT NOT NULL, description TEXT,
  is_active INTEGER NOT NULL, max_tokens INTEGER, temperature REAL, top_p REAL, region TEXT, version INTEGER NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  PRIMARY KEY (account_id, id), UNIQUE (account_id, model_id)
);
CREATE INDEX catalog_by_activity ON catalog (account_id, is_active, id);
CREATE TABLE catalog_changes (
  account_id TEXT NOT NULL, id INTEGER NOT NULL, version INTEGER NOT NULL, action TEXT NOT NULL, at TEXT NOT NULL,
  operator_id TEXT, after TEXT,
  PRIMARY KEY (account_id, id, version)
);
CREATE INDEX models_by_time ON models (account_id, created_at, id);
"""

hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16)
key = ec.generate_private_key(ec.SECP256R1())
public_key = key.public_key()
secrets_key = AESGCM(AESGCM.generate_key(256))
database = None
# Of requests: in a file of their own, as ours.
request_counts = None


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: str
    password: str


class Login(BaseModel):
    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int


class NewWebhook(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(min_length=1, max_length=2048, pattern="^https://")]
    events: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=20)]
    filter: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    description: Annotated[str, Field(max_length=500)] = ""


class CreatedWebhook(NewWebhook):
    id: str
    enabled: bool
    state: Literal["active"]
    state_reason: None = None
    failing_since: None = None
    created_at: str
    updated_at: str
    secret: str


class Model(BaseModel):
    id: str
    name: str
    model_type: str
    accuracy: float | None
    created_at: str
    size_mb: float


class ModelList(BaseModel):
    total: int
    page: int
    limit: int
    models: list[Model]


class TrainingStatus(BaseModel):
    job_id: str
    status: Literal["queued", "running", "completed", "failed", "stopped"]
    progress: float
    current_epoch: int
    total_epochs: int
    metrics: dict[str, float]
    started_at: str | None
    elapsed_time: float
    compute_seconds: float
    estimated_cost: float
    device: str | None = None


class CatalogSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    model_id: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=2000)
    is_active: bool = True
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    region: str | None = Field(default=None, max_length=100)


class NewCatalogModel(CatalogSettings):
    operatorId: int | str | None = None


class CatalogModel(CatalogSettings):
    id: int
    version: int
    created_at: str
    updated_at: str


class CatalogQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    page: int = Field(ge=1)
    size: int = Field(ge=1, le=100)
    is_active: bool | None = None
    operatorId: int | str | None = None


class CatalogPage(BaseModel):
    items: list[CatalogModel]
    total: int
    page: int
    size: int


Data = TypeVar("Data")


class CatalogAnswer(BaseModel, Generic[Data]):
    code: int = 0
    message: str = "success"
    data: Data


def open_database(folder):
    opened = sqlite3.connect(os.path.join(folder, "peer.db"), isolation_level=None, check_same_thread=False)
    opened.row_factory = sqlite3.Row
    # FULL, as ours: what was acknowledged survives a loss of power.
    opened.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;" + SCHEMA)
    return opened


def open_request_counts(folder):
    opened = sqlite3.connect(os.path.join(folder, "counters.db"), isolation_level=None, check_same_thread=False)
    # NORMAL, as ours: a loss of power may undo the last counts.
    opened.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE counters (name TEXT PRIMARY KEY, count INTEGER NOT NULL, expires_at INTEGER NOT NULL)"
    )
    return opened


@contextmanager
def transaction():
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def count_request(who, now):
    window = int(now) // WINDOW_SECONDS
    reset = (window + 1) * WINDOW_SECONDS
    # One statement is a transaction.
    (count,) = request_counts.execute(
        "INSERT INTO counters (name, count, expires_at) VALUES (?, 1, ?)"
        " ON CONFLICT (name) DO UPDATE SET count = count + 1 RETURNING count",
        (f"{who}#{window}", reset),
    ).fetchone()
    return count, reset


def admit(response, who):
    count, reset = count_request(who, time.time())
    if count > LIMIT:
        raise HTTPException(429)
    remaining = max(0, LIMIT - count)
    response.headers["X-RateLimit-Limit"] = str(LIMIT)
    response.headers["X-RateLimit-Remaining"] = str(remaining)
    response.headers["X-RateLimit-Reset"] = str(reset)


async def caller(
    response: Response, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> str:
    try:
        claims = jwt.decode(
            credentials.credentials,
            public_key,
            algorithms=["ES256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]},
        )
    except jwt.PyJWTError:
        raise HTTPException(401)
    account = claims["sub"]
    admit(response, f"account#{account}")
    session = database.execute(
        "SELECT id FROM sessions WHERE account_id = ? AND id = ? AND expires_at > ?",
        (account, claims["sid"], time.time()),
    ).fetchone()
    if session is None:
        raise HTTPException(401)
    return account


Caller = Annotated[str, Depends(caller)]
app = FastAPI()


def new_id():
    return str(uuid.uuid4())


def reserve(names, now):
    """Counts an attempt before the password is looked at, as ours does."""
    with transaction():
        for name in names:
            database.execute(
                "INSERT INTO failures (name, count, expires_at) VALUES (?, 1, ?)"
                " ON CONFLICT (name) DO UPDATE SET count = count + 1",
                (name, int(now) + 900),
            )
            (failures,) = database.execute("SELECT count FROM failures WHERE name = ?", (name,)).fetchone()
            if failures > LIMIT:
                raise HTTPException(429)


@app.post("/auth/login")
async def login(request: Request, response: Response, given: Credentials) -> Login:
    now = time.time()
    admit(response, f"address#{request.client.host}")
    name = unicodedata.normalize("NFKC", given.username).lower()
    by_name, by_address = f"login#name#{name}", f"login#address#{request.client.host}"
    reserve((by_name, by_address), now)
    account = database.execute("SELECT id, password_hash FROM accounts WHERE username = ?", (name,)).fetchone()
    stored = account["password_hash"] if account else hasher.hash(secrets.token_hex())
    try:
        await run_in_threadpool(hasher.verify, stored, unicodedata.normalize("NFKC", given.password))
    except VerifyMismatchError:
        account = None
    if account is None:
        raise HTTPException(401, "Invalid username or password")
    session, refresh = new_id(), secrets.token_urlsafe(32)
    with transaction():
        database.execute("DELETE FROM failures WHERE name = ?", (by_name,))
        database.execute("UPDATE failures SET count = count - 1 WHERE name = ?", (by_address,))
        database.execute(
            "INSERT INTO sessions (account_id, id, refresh_sha256, expires_at) VALUES (?, ?, ?, ?)",
            (account["id"], session, hashlib.sha256(refresh.encode()).hexdigest(), int(now) + REFRESH_SECONDS),
        )
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": account["id"], "sid": session, "jti": new_id()}
    token = jwt.encode({**claims, "iat": int(now), "exp": int(now) + ACCESS_SECONDS}, key, algorithm="ES256")
    return Login(access_token=token, refresh_token=refresh, token_type="bearer", expires_in=ACCESS_SECONDS)


ORDERS = {"created_at": "created_at DESC, id DESC", "accuracy": "accuracy DESC, id DESC", "name": "name, id DESC"}


@app.get("/models")
async def models(
    account: Caller,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    model_type: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    sort_by: Literal["created_at", "accuracy", "name"] = "created_at",
) -> ModelList:
    where, values = "account_id = ?", [account]
    if model_type is not None:
        where, values = where + " AND model_type = ?", [*values, model_type]
    (total,) = database.execute(f"SELECT COUNT(*) FROM models WHERE {where}", values).fetchone()
    rows = database.execute(
        "SELECT id, name, model_type, accuracy, created_at, size_mb FROM models"
        f" WHERE {where} ORDER BY {ORDERS[sort_by]} LIMIT ? OFFSET ?",
        (*values, limit, (page - 1) * limit),
    ).fetchall()
    return ModelList(total=total, page=page, limit=limit, models=[Model(**dict(row)) for row in rows])


@app.get("/training/status/{job_id}", response_model_exclude_none=False)
async def status(account: Caller, job_id: uuid.UUID) -> TrainingStatus:
    job = database.execute("SELECT * FROM jobs WHERE account_id = ? AND id = ?", (account, str(job_id))).fetchone()
    if job is None:
        raise HTTPException(404)
    started = job["started_at"] and datetime.fromisoformat(job["started_at"])
    ended = datetime.fromisoformat(job["ended_at"]) if job["ended_at"] else datetime.now(timezone.utc)
    return TrainingStatus(
        job_id=job["id"],
        status=job["status"],
        progress=job["progress"],
        current_epoch=job["current_epoch"],
        total_epochs=job["total_epochs"],
        metrics=json.loads(job["metrics"]),
        started_at=job["started_at"],
        elapsed_time=round((ended - started).total_seconds(), 3) if started else 0,
        compute_seconds=round(job["compute_seconds"], 3),
        estimated_cost=round(job["estimated_cost"], 6),
        device=job["device"],
    )


@app.post("/webhooks", status_code=201)
async def create_webhook(account: Caller, given: NewWebhook) -> CreatedWebhook:
    webhook, secret = new_id(), secrets.token_bytes(32)
    nonce = secrets.token_bytes(12)
    sealed = nonce + secrets_key.encrypt(nonce, secret, f"{account}/{webhook}".encode())
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    with transaction():
        changed = database.execute(
            "UPDATE accounts SET webhooks = webhooks + 1 WHERE id = ? AND webhooks < ?", (account, LIMIT)
        )
        if changed.rowcount == 0:
            raise HTTPException(409)
        database.execute(
            "INSERT INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (account, webhook, given.url, json.dumps(given.events), given.filter, given.description, sealed, at),
        )
    whole = {**given.model_dump(), "id": webhook, "enabled": True, "state": "active", "created_at": at, "updated_at": at}
    return CreatedWebhook(**whole, secret=f"whsec_{base64.b64encode(secret).decode()}")


CATALOG = "id, name, model_id, description, is_active, max_tokens, temperature, top_p, region, version, created_at, updated_at"


@app.post("/api/v1/models/list")
async def list_catalog(account: Caller, given: CatalogQuery) -> CatalogAnswer[CatalogPage]:
    where, values = "account_id = ?", [account]
    if given.is_active is not None:
        where, values = where + " AND is_active = ?", [*values, given.is_active]
    (total,) = database.execute(f"SELECT COUNT(*) FROM catalog WHERE {where}", values).fetchone()
    rows = database.execute(
        f"SELECT {CATALOG} FROM catalog WHERE {where} ORDER BY id LIMIT ? OFFSET ?",
        (*values, given.size, (given.page - 1) * given.size),
    ).fetchall()
    items = [CatalogModel(**dict(row)) for row in rows]
    return CatalogAnswer(data=CatalogPage(items=items, total=total, page=given.page, size=given.size))


@app.post("/api/v1/models/create", status_code=201)
async def create_catalog(account: Caller, given: NewCatalogModel) -> CatalogAnswer[CatalogModel]:
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    settings = given.model_dump(exclude={"operatorId"})
    try:
        with transaction():
            (last,) = database.execute("SELECT MAX(id) FROM catalog WHERE account_id = ?", (account,)).fetchone()
            created = CatalogModel(**settings, id=(last or 0) + 1, version=1, created_at=at, updated_at=at)
            row = created.model_dump()
            database.execute(
                f"INSERT INTO catalog (account_id, {', '.join(row)}) VALUES (?{', ?' * len(row)})",
                (account, *row.values()),
            )
            database.execute(
                "INSERT INTO catalog_changes VALUES (?, ?, 1, 'created', ?, ?, ?)",
                (account, created.id, at, account, json.dumps(settings)),
            )
    except sqlite3.IntegrityError:
        raise HTTPException(400, "model_id already exists")
    return CatalogAnswer(data=created)


def fill(count):
    """One account with one job and so many models, a minute apart."""
    account, job = new_id(), new_id()
    at = lambda seconds: datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
    now = time.time()
    metrics = {"loss": 0.021, "accuracy": 0.995, "val_loss": 0.034, "val_accuracy": 0.982}
    with transaction():
        database.execute("INSERT INTO accounts (id, username, password_hash) VALUES (?, ?, ?)", (account, USERNAME, hasher.hash(PASSWORD)))
        database.execute(
            "INSERT INTO jobs VALUES (?, ?, 'completed', 100, 40, 40, ?, ?, ?, 1.2, 0, 'cpu')",
            (account, job, json.dumps(metrics), at(now - 3), at(now)),
        )
        database.executemany(
            "INSERT INTO models VALUES (?, ?, 'Palmer penguins', 'mlp', 0.982, ?, 0.012)",
            ((account, new_id(), at(now - 60 * n)) for n in range(count)),
        )
        database.executemany(
            f"INSERT INTO catalog (account_id, {CATALOG}) VALUES (?, ?, 'Claude 3 Opus', ?, 'Most capable Claude model',"
            " 1, 200000, 0.5, 0.9, 'us-west-2', 1, ?, ?)",
            ((account, n + 1, f"claude-{n}", at(now), at(now)) for n in range(count)),
        )
    return job


def end_with_input(server):
    sys.stdin.read()
    server.should_exit = True


def main():
    global database, request_counts
    folder, models_wanted = sys.argv[1], int(sys.argv[2])
    database = open_database(folder)
    request_counts = open_request_counts(folder)
    job = fill(models_wanted)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(uvicorn.Config(app, loop="uvloop", http="httptools", workers=1))
    threading.Thread(target=end_with_input, args=(server,), daemon=True).start()
    parts = {name: version(name) for name in ("fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "PyJWT", "cryptography", "argon2-cffi")}
    versions = {"python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version, **parts}
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ready = {"base": base, "username": USERNAME, "password": PASSWORD, "job_id": job, "versions": versions}
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps(ready), file=out, flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
