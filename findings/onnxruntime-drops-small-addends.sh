#!/usr/bin/env bash
# onnxruntime-node 1.30.0, Linux x64: the default optimiser leaves out the addition of a double such as 1e-60.
#
# Between two other nodes, an addition of 0 is taken away. A constant of doubles below about 1e-45, which is 0 as a float, is
# taken for 0, however small the numbers are that it is added to, and without a warning. With
# `graphOptimizationLevel: 'disabled'` the sum is right. A model that turns its answers back into the target's unit
# (`answer · deviation + mean`) loses the mean where the target is that small.
set -euo pipefail

if [[ "$(uname -sm)" != 'Linux x86_64' ]]; then
  echo 'This is a finding about the build for Linux x86_64'
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0

# y = −(c − x), all doubles.
cat > sum.cjs <<'JS'
process.env.ORT_DISABLE_TELEMETRY = '1';
const { InferenceSession, Tensor } = require('onnxruntime-node');
const DOUBLE = 11;
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
const int = (field, n) => [field << 3, ...varint(n)];
const bytes = (field, content) => [(field << 3) | 2, ...varint(content.length), ...content];
const text = (field, string) => bytes(field, Buffer.from(string));
const node = (op, inputs, output) => [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, op)];
const vector = (name) => [
  ...text(1, name),
  ...bytes(2, bytes(1, [...int(1, DOUBLE), ...bytes(2, bytes(1, int(1, 2)))])),
];
const model = (addend) => {
  const constant = [...int(2, DOUBLE), ...text(8, 'c'), ...bytes(9, Buffer.from(new Float64Array([addend]).buffer))];
  const graph = [
    ...bytes(1, node('Neg', ['x'], 'negative')),
    ...bytes(1, node('Add', ['negative', 'c'], 'sum')),
    ...bytes(1, node('Neg', ['sum'], 'y')),
    ...text(2, 'sum'),
    ...bytes(5, constant),
    ...bytes(11, vector('x')),
    ...bytes(12, vector('y')),
  ];
  return Buffer.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 18))]);
};
void (async () => {
  for (const addend of [1e-20, 1e-30, 1e-60]) {
    for (const graphOptimizationLevel of ['disabled', 'all']) {
      const session = await InferenceSession.create(model(addend), { graphOptimizationLevel });
      const { y } = await session.run({ x: new Tensor('float64', [3 * addend, 6 * addend], [2]) });
      const differences = Array.from(y.data, (value) => Math.round(value / addend));
      console.log(`${addend}, ${graphOptimizationLevel}: (3 - 1, 6 - 1) is (${differences.join(', ')})`);
    }
  }
})();
JS

node sum.cjs | tee seen

cat > expected <<'TEXT'
1e-20, disabled: (3 - 1, 6 - 1) is (2, 5)
1e-20, all: (3 - 1, 6 - 1) is (2, 5)
1e-30, disabled: (3 - 1, 6 - 1) is (2, 5)
1e-30, all: (3 - 1, 6 - 1) is (2, 5)
1e-60, disabled: (3 - 1, 6 - 1) is (2, 5)
1e-60, all: (3 - 1, 6 - 1) is (3, 6)
TEXT
diff expected seen
