/** `node containers/trainer/bundle.ts FOLDER`: builds the image's contents, the trainer's program and ONNX Runtime. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../layers/onnxruntime/bundle.ts';
import { cutLayer } from '../../layers/onnxruntime/layer.ts';

const [into] = process.argv.slice(2);
if (into === undefined) {
  console.error('The folder to write to is missing: node containers/trainer/bundle.ts FOLDER');
  process.exit(2);
}
const root = fileURLToPath(new URL('../..', import.meta.url));
await bundle({
  root,
  source: "import './containers/trainer/main.ts';",
  name: 'trainer',
  outfile: join(into, 'trainer', 'main.mjs'),
});
await cutLayer(join(into, 'runtime'), { os: 'linux', arch: 'x64' });
