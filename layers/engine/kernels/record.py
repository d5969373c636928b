"""Writes table.json: for every operator that the engine can emit, the kernels that ONNX Runtime registers for it.

    pip install onnxruntime-gpu==1.30.0 numpy
    python record.py table.json        # with a GPU and TensorRT; else record-without-gpu.sh
    npx biome check --write table.json

The runtime is asked itself (`get_all_opkernel_def`, which its own docs/OperatorKernels.md is made by), so the table is
that of exactly this release.

ONNX Runtime is under the MIT licence, Copyright (c) Microsoft Corporation.
"""

import json
import os
import sys
from importlib.metadata import version

# Importing it begins to connect to its vendor.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime.capi import onnxruntime_pybind11_state as runtime

# What OnnxWriter declares; operators that it may write. A test says which is missing.
OPSETS = {"": 18, "ai.onnx.ml": 3}
OPERATORS = """
Abs Add And ArgMax AveragePool Cast Ceil Concat Conv ConvTranspose Cos CumSum Div Equal Erf Exp Expand Floor Gather
GatherElements GatherND Gemm Greater GreaterOrEqual GRU HardSigmoid Identity If IsInf IsNaN LabelEncoder
LayerNormalization Less LessOrEqual Log LogSoftmax LSTM MatMul Max MaxPool Min Mod Mul Neg Not Or Pad Pow
Reciprocal ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceSum ReduceSumSquare Relu Reshape Round Scan
ScatterElements ScatterND Shape Sigmoid Sign Sin Slice Softmax Split Sqrt Squeeze Sub Tanh TopK Transpose Trilu
Unsqueeze Where Xor
""".split()
PROVIDERS = {"CPUExecutionProvider": "cpu", "CUDAExecutionProvider": "cuda"}
TYPES = {
    "tensor(bfloat16)": "bfloat16",
    "tensor(bool)": "bool",
    "tensor(double)": "float64",
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(string)": "string",
}


def schema_of(name, schemas):
    """The operator as of the emitted opset: inputs and outputs are types or names of constraints, `...` repeats one."""
    known = [s for s in schemas if s.name == name and s.since_version <= OPSETS.get(s.domain, 0)]
    latest = max(known, key=lambda s: s.since_version)
    mark = lambda p: TYPES.get(p.typeStr, p.typeStr) + ("..." if "Variadic" in str(p.option) else "")
    return latest.domain, latest.since_version, [mark(p) for p in latest.inputs], [mark(p) for p in latest.outputs]


def kernels_of(name, domain, since, kernels):
    """By provider, the types that kernels of an operator take; those that differ in one constraint only become one.

    The runtime's rule: a kernel without a last version serves just the version of the operator that it names.
    """
    found = {provider: [] for provider in PROVIDERS.values()}
    for kernel in kernels:
        first, last = kernel.version_range
        if kernel.op_name != name or kernel.domain != domain or kernel.provider not in PROVIDERS:
            continue
        if first != since and not (last != 2**31 - 1 and first <= since <= last):
            continue
        types = {c: sorted({TYPES[t] for t in ts if t in TYPES}) for c, ts in kernel.type_constraints.items()}
        if all(types.values()):
            merge(found[PROVIDERS[kernel.provider]], types)
    return found


def merge(rows, row):
    for other in rows:
        odd = [c for c in row if row[c] != other.get(c)]
        if other.keys() == row.keys() and len(odd) <= 1:
            for c in odd:
                other[c] = sorted({*row[c], *other[c]})
            return
    rows.append(row)


def record():
    schemas, kernels = runtime.get_all_operator_schema(), runtime.get_all_opkernel_def()
    operators = {}
    for name in OPERATORS:
        domain, since, inputs, outputs = schema_of(name, schemas)
        types = {"since": since, "inputs": inputs, "outputs": outputs}
        operators[name] = {**types, **kernels_of(name, domain, since, kernels)}
    source = f"kernel registries of onnxruntime-gpu {version('onnxruntime-gpu')}; MIT licence, (c) Microsoft Corporation"
    return {"source": source, "opsets": OPSETS, "operators": operators}


if __name__ == "__main__":
    with open(sys.argv[1], "w") as out:
        json.dump(record(), out)
