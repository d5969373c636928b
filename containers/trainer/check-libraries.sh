#!/bin/sh
# check-libraries.sh FOLDER: checks that this machine has the libraries that ONNX Runtime and its CUDA provider need, but
# for the driver's own, which a container gets from its host. Prints the missing ones and exits with 1.
set -eu
missing=$(ldd "$1"/*.so* "$1"/*.node | awk '/not found/ && $1 != "libcuda.so.1" { print $1 }' | sort -u)
for name in libcudnn.so.9 libcufft.so.12 libnvrtc.so.13; do
  ldconfig -p | grep -q "^[[:space:]]*$name " || missing="$missing $name"
done
missing=$(echo $missing)
if [ -n "$missing" ]; then
  echo "The base image lacks libraries of ONNX Runtime's CUDA provider: $missing" >&2
  exit 1
fi
