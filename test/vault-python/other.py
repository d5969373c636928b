"""Does with other implementations what the vault does. Reads a list of calls from standard input as JSON, and prints
their results as a list; bytes are base64."""

import base64
import collections
import datetime
import decimal
import hashlib
import io
import json
import pickle
import sys
import tarfile
import warnings
import zipfile

warnings.simplefilter("ignore")

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

unb64 = base64.b64decode
FRAME = 1024 * 1024


def b64(data):
    return base64.b64encode(data).decode()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def aws(key):
    class Provider(RawMasterKeyProvider):
        provider_id = "trainyard"

        def _get_raw_key(self, key_id):
            algorithm = WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING
            return WrappingKey(algorithm, key, EncryptionKeyType.SYMMETRIC)

    provider = Provider()
    provider.add_master_key("model-key")
    policy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    return aws_encryption_sdk.EncryptionSDKClient(commitment_policy=policy), provider


def aws_open(key, ciphertext):
    client, provider = aws(unb64(key))
    plaintext, header = client.decrypt(source=unb64(ciphertext), key_provider=provider)
    return {
        "plaintext": b64(plaintext),
        "context": dict(header.encryption_context),
        "algorithm": header.algorithm.name,
        "frame": header.frame_length,
    }


def aws_seal(key, plaintext, context):
    client, provider = aws(unb64(key))
    ciphertext, _ = client.encrypt(
        source=unb64(plaintext),
        key_provider=provider,
        encryption_context=context,
        algorithm=Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
        frame_length=FRAME,
    )
    return b64(ciphertext)


PREFIX = b"TYCHACHA\x01" + FRAME.to_bytes(4, "big")
LABEL = b"trainyard model vault, ChaCha20-Poly1305, version 1\n"


def chacha_keys(key, message_id, context):
    info = LABEL + hashlib.sha256(canonical(context)).digest()
    derived = HKDF(hashes.SHA512(), 64, message_id, info).derive(key)
    return ChaCha20Poly1305(derived[:32]), derived[32:]


def chacha_frames(data, size):
    frames = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    for number, frame in enumerate(frames):
        yield number.to_bytes(11, "big") + bytes([number == len(frames) - 1]), frame


def chacha_open(key, ciphertext, context):
    data = unb64(ciphertext)
    prefix, message_id, commitment = data[:13], data[13:45], data[45:77]
    cipher, expected = chacha_keys(unb64(key), message_id, context)
    assert prefix == PREFIX and commitment == expected
    frames = chacha_frames(data[77:], FRAME + 16)
    return b64(b"".join(cipher.decrypt(nonce, frame, None) for nonce, frame in frames))


def chacha_seal(key, plaintext, context):
    message_id = b"\x07" * 32
    cipher, commitment = chacha_keys(unb64(key), message_id, context)
    frames = chacha_frames(unb64(plaintext), FRAME)
    body = b"".join(cipher.encrypt(nonce, frame, None) for nonce, frame in frames)
    return b64(PREFIX + message_id + commitment + body)


def derive(password, salt, of):
    if of["algorithm"] == "scrypt":
        kdf = Scrypt(salt=salt, length=32, n=of["cost"], r=of["blockSize"], p=of["parallelization"])
    elif of["algorithm"] == "pbkdf2":
        kdf = PBKDF2HMAC(getattr(hashes, of["hash"].upper())(), 32, salt, of["iterations"])
    else:
        cost = {"iterations": of["passes"], "lanes": of["parallelism"], "memory_cost": of["memoryKiB"]}
        kdf = Argon2id(salt=salt, length=32, **cost)
    return kdf.derive(password.encode())


def box_keys(root, salt):
    derived = HKDF(hashes.SHA512(), 64, salt, b"trainyard model vault, key wrapping, version 1").derive(root)
    return AESGCM(derived[:32]), derived[32:]


def unwrap(wrapped, password, context):
    salt = unb64(wrapped["salt"])
    cipher, commitment = box_keys(derive(password, salt, wrapped["derivation"]), salt)
    assert commitment == unb64(wrapped["commitment"])
    associated = canonical({"context": context, "derivation": wrapped["derivation"]})
    return b64(cipher.decrypt(unb64(wrapped["nonce"]), unb64(wrapped["ciphertext"]), associated))


def wrap(key, password, derivation, context):
    salt, nonce = b"\x05" * 32, b"\x06" * 12
    cipher, commitment = box_keys(derive(password, salt, derivation), salt)
    associated = canonical({"context": context, "derivation": derivation})
    ciphertext = cipher.encrypt(nonce, unb64(key), associated)
    parts = {"salt": salt, "nonce": nonce, "commitment": commitment, "ciphertext": ciphertext}
    return {"version": 1, "derivation": derivation, **{name: b64(part) for name, part in parts.items()}}


def sign(folder, signature, private_key):
    import model_signing

    config = model_signing.signing.Config().use_elliptic_key_signer(private_key=private_key)
    config.sign(folder, signature)


def verify(path, signature, public_key):
    import model_signing

    try:
        model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public_key).verify(path, signature)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "verified"


class Recorder(pickle._Unpickler):
    """Loads nothing: whatever is imported is a class that takes anything."""

    def find_class(self, module, name):
        self.imports.add(f"{module}.{name}")

        class Anything:
            def __new__(cls, *args, **kwargs):
                return object.__new__(cls)

            def __init__(self, *args, **kwargs):
                pass

            def __setstate__(self, state):
                pass

            def append(self, value):
                pass

            def __setitem__(self, key, value):
                pass

            def add(self, value):
                pass

        return Anything


def imports_of(data):
    unpickler = Recorder(io.BytesIO(data))
    unpickler.imports = set()
    unpickler.load()
    return sorted(unpickler.imports)


def pickles():
    shared = ["collections", "OrderedDict"]
    values = [
        None,
        [shared, shared, {"a": (1, 2.5, -(10**40), True), "b": b"bytes" * 200, "ü": "ö" * 300}],
        collections.OrderedDict(a=collections.Counter("abca"), b=collections.deque([1])),
        {"when": datetime.datetime(2025, 1, 15), "what": decimal.Decimal("1.5"), "set": {1, 2}, "frozen": frozenset("ab")},
        [bytearray(b"x" * 70000), complex(1, 2), range(5), slice(1, 2), type(None), ..., len, datetime.timezone.utc],
        [[i, str(i)] for i in range(3000)],
    ]
    made = [pickle.dumps(value, protocol=protocol) for value in values for protocol in range(6)]
    return [{"pickle": b64(data), "imports": imports_of(data)} for data in made]


def zipped():
    """As torch.save writes it: stored, with data descriptors where the sizes are not known yet."""
    found = []
    for mode in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        class Unseekable(io.BytesIO):
            def seek(self, *args):
                raise OSError

            def tell(self):
                raise OSError

        for target in (io.BytesIO(), Unseekable()):
            with zipfile.ZipFile(target, "w", mode) as archive:
                archive.writestr("archive/data.pkl", pickle.dumps(collections.OrderedDict(a=1), protocol=2))
                archive.writestr("archive/data/0", b"\0" * 100000)
            found.append(b64(target.getvalue()))
    return found


def unpack(path, mode):
    """The SHA-256 of each file of an archive."""
    with tarfile.open(path, mode) as archive:
        return {member.name: hashlib.sha256(archive.extractfile(member).read()).hexdigest() for member in archive}


CALLS = [aws_open, aws_seal, chacha_open, chacha_seal, unwrap, wrap, sign, verify, pickles, zipped, unpack]
calls = {call.__name__: call for call in CALLS}
json.dump([calls[name](**arguments) for name, arguments in json.load(sys.stdin)], sys.stdout)
