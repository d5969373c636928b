#!/usr/bin/env bash
# onnxruntime-node 1.30.0, Linux x64: the session option `set_denormal_as_zero` is one of the process, not of the session.
#
# The first session that a process opens decides for the thread that calls `run()`: where it did not ask for the option,
# later sessions that do ask compute with denormal numbers all the same (and a training whose moments decay becomes many
# times slower); where it did ask, sessions that do not ask lose theirs. The processor's mode is left set after the call,
# so JavaScript's own arithmetic in that thread changes as well: the least positive number is equal to 0 from then on.
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

# y = x · x; the square of 1e-20 is denormal in float32.
cat > sessions.cjs <<'JS'
process.env.ORT_DISABLE_TELEMETRY = '1';
const { InferenceSession, Tensor } = require('onnxruntime-node');
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
const int = (field, n) => [field << 3, ...varint(n)];
const bytes = (field, content) => [(field << 3) | 2, ...varint(content.length), ...content];
const text = (field, string) => bytes(field, Buffer.from(string));
const vector = (name) => [
  ...text(1, name),
  ...bytes(2, bytes(1, [...int(1, 1), ...bytes(2, bytes(1, int(1, 2)))])),
];
const graph = [
  ...bytes(1, [...text(1, 'x'), ...text(1, 'x'), ...text(2, 'y'), ...text(4, 'Mul')]),
  ...text(2, 'square'),
  ...bytes(11, vector('x')),
  ...bytes(12, vector('y')),
];
const model = Buffer.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 18))]);
const open = (asks) =>
  InferenceSession.create(model, {
    intraOpNumThreads: 1,
    ...(asks ? { extra: { session: { set_denormal_as_zero: '1' } } } : {}),
  });
const isDenormalKept = async (session) => {
  const { y } = await session.run({ x: new Tensor('float32', [1e-20, 3], [2]) });
  if (y.data[1] !== 9) throw new Error(`wrong result: ${y.data}`);
  return new Uint32Array(y.data.buffer, y.data.byteOffset, 1)[0] !== 0;
};
const least = new Float64Array([Number.MIN_VALUE, 0]);
const isLeastZero = () => least[0] === least[1];
const order = process.argv[2].split(',');
void (async () => {
  const before = isLeastZero();
  for (const one of order) {
    const kept = await isDenormalKept(await open(one === 'asks'));
    console.log(`  a session that ${one === 'asks' ? 'asks' : 'does not ask'}: ${kept ? 'denormal' : 'zero'}`);
  }
  console.log(`  the least number of JavaScript is zero: before ${before}, after ${isLeastZero()}`);
})();
JS

for order in asks,not not,asks; do
  echo "$order"
  node sessions.cjs "$order"
done | tee seen

cat > expected <<'TEXT'
asks,not
  a session that asks: zero
  a session that does not ask: zero
  the least number of JavaScript is zero: before false, after true
not,asks
  a session that does not ask: denormal
  a session that asks: denormal
  the least number of JavaScript is zero: before false, after false
TEXT
diff expected seen
