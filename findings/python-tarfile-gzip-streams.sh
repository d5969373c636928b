#!/usr/bin/env bash
# Python 3.11's tarfile with mgzip 0.2.1: a `.tar.gz` that gzip reads whole is refused, or its end is missing without an error,
# when it is read as a stream.
#
# A gzip file may consist of several members, and a member may have an extra field (RFC 1952, sections 2.2 and 2.3.1). Tools
# that compress with several threads, as mgzip does, write both. `gzip.open` and `tarfile.open(mode='r:gz')` read such an
# archive. `mode='r|gz'`, which is for pipes and sockets, refuses one of mgzip's as damaged, because of the extra field. Of
# members without one, as `cat a.gz b.gz` or a writer that flushes by members leaves them, it reads the first and stops: if
# that ends between two files, the others are missing, and nothing is raised. Who makes archives for others should write a
# single member.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mgzip==0.2.1

cat > read.py <<'PY'
import gzip
import io
import tarfile

import mgzip

with io.BytesIO() as buffer:
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in range(40):
            data = bytes([number]) * 100_352
            info = tarfile.TarInfo(f"file-{number}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    tar = buffer.getvalue()

with mgzip.open("threads.tar.gz", "wb", thread=2, blocksize=10**6) as file:
    file.write(tar)
# A file takes a header of 512 bytes and 100,352 bytes: ten of them are a member.
size = 10 * (512 + 100_352)
with open("members.tar.gz", "wb") as file:
    for start in range(0, len(tar), size):
        file.write(gzip.compress(tar[start : start + size]))

for name in ["threads.tar.gz", "members.tar.gz"]:
    with gzip.open(name) as file:
        assert file.read() == tar
    for mode in ["r:gz", "r|gz"]:
        try:
            with tarfile.open(name, mode) as archive:
                found = f"{len(list(archive))} files"
        except tarfile.TarError as error:
            found = f"{type(error).__name__}: {error}"
        print(name, mode, found)
PY
seen=$(venv/bin/python read.py)
echo "$(python3 --version)"
echo "$seen"
[[ "$seen" == 'threads.tar.gz r:gz 40 files
threads.tar.gz r|gz ReadError: invalid compressed data
members.tar.gz r:gz 40 files
members.tar.gz r|gz 10 files' ]] || {
  echo 'This has changed'
  exit 1
}
