#!/usr/bin/env bash
# Runs record.py where there is no GPU: bash record-without-gpu.sh PYTHON table.json
#
# PYTHON is one that has onnxruntime-gpu and numpy; gcc, binutils and gdb are needed too. Kernels are listed, not run, so
# NVIDIA's libraries are replaced by some that export the same names and do nothing. The listing also asks TensorRT's
# provider, which is not there, and follows the null pointer that it got: gdb hands it CUDA's provider a second time,
# which changes nothing in the table.
set -euo pipefail
python=$1 table=$2 here=$(cd "$(dirname "$0")" && pwd)
provider=$("$python" -c 'import importlib.util as u; print(u.find_spec("onnxruntime").submodule_search_locations[0])')/capi/libonnxruntime_providers_cuda.so
libraries=$(mktemp -d)
trap 'rm -rf "$libraries"' EXIT

for name in $(readelf -d "$provider" | sed -n 's/.*NEEDED.*\[\(libcu[^]]*\)\]/\1/p'); do
  # The driver's library has no versions of symbols; the others have their own name for one.
  pattern=$([ "$name" = libcuda.so.1 ] && echo '\(cu[A-Z][^@]*\)$' || echo "\\([^@]*\\)@$name\$")
  nm -D --undefined-only "$provider" | sed -n "s/.* U $pattern/\\1/p" | while read -r symbol; do
    # What registers a program's kernels gives a handle.
    [ "$symbol" = __cudaRegisterFatBinary ] && result='&handle' || result=0
    echo "void *$symbol(void) { static void *handle; (void)handle; return $result; }"
  done >"$libraries/source.c"
  echo "$name { global: *; };" >"$libraries/versions"
  versions=$([ "$name" = libcuda.so.1 ] || echo "-Wl,--version-script=$libraries/versions")
  # shellcheck disable=SC2086
  gcc -w -shared -fPIC -o "$libraries/$name" "-Wl,-soname,$name" $versions "$libraries/source.c"
done

LD_LIBRARY_PATH=$libraries gdb -batch -ex run -ex 'set $rsi = *(long *)($rax - 16)' -ex 'signal 0' \
  --args "$python" "$here/record.py" "$table" >"$libraries/log" 2>&1 || true
[ -s "$table" ] || { tail -5 "$libraries/log" >&2; exit 1; }
