#!/usr/bin/env bash
# onnxruntime-node 1.30.0, Linux x64: ORT_DISABLE_TELEMETRY=1 in a worker thread does not turn telemetry off.
#
# A session queues the model's metadata for Microsoft, word for word, in a database below ~/.cache, and connects some
# seconds later. The variable prevents both. A program that loads the runtime in worker threads only, and sets the
# variable in `process.env` there, sees it set; but a worker's `process.env` is a copy, which native code never reads. It
# has to be set in the main thread, or before the process starts. Each program below ends before anything is sent.
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

# y = x · x, with the metadata `customer: the name of a customer`.
cat > session.cjs <<'JS'
const { isMainThread, Worker, workerData } = require('node:worker_threads');
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
const model = Buffer.from([
  ...int(1, 8),
  ...bytes(7, graph),
  ...bytes(8, int(2, 18)),
  ...bytes(14, [...text(1, 'customer'), ...text(2, 'the name of a customer')]),
]);
const off = () => {
  process.env.ORT_DISABLE_TELEMETRY = '1';
};
const open = async () => {
  const { InferenceSession, Tensor } = require('onnxruntime-node');
  const session = await InferenceSession.create(model);
  const { y } = await session.run({ x: new Tensor('float32', [2, 3], [2]) });
  if (y.data.join() !== '4,9') throw new Error(`wrong result: ${y.data}`);
};
const way = isMainThread ? process.argv[2] : workerData;
if (isMainThread) {
  if (way === 'main') off();
  new Worker(__filename, { workerData: way });
} else {
  if (way === 'worker') off();
  void open();
}
JS

for way in nowhere worker main; do
  mkdir "$way"
  env -u ORT_DISABLE_TELEMETRY -u XDG_CACHE_HOME HOME="$folder/$way" TMPDIR="$folder/$way" node session.cjs "$way"
  if grep -qrF 'the name of a customer' "$way"; then queued=queued; else queued='not queued'; fi
  echo "set $way: metadata $queued, $(find "$way" -name onnxruntime.db | wc -l) database"
done | tee seen

cat > expected <<'TEXT'
set nowhere: metadata queued, 1 database
set worker: metadata queued, 1 database
set main: metadata not queued, 0 database
TEXT
diff expected seen
