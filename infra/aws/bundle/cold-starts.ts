/**
 * Measures the initialisation of each function of a deployment: what its bundle takes to be loaded and wired in a fresh
 * process, without the start of Node.js itself and without the download of the code. That is the part of a cold start that
 * is ours. Prints a JSON object a line, with the name, the kilobytes of the bundle and the milliseconds of each run.
 *
 *     node infra/aws/bundle/cold-starts.ts RUNS
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type FunctionName, functions } from '#infra/topology.ts';
import { cutRuntime, type Platform } from '../../../layers/onnxruntime/cut.ts';
import { bundleFunctions } from './functions.ts';
import { bundleLibraries } from './libraries.ts';
import { LAMBDA_RUNTIME, PLACEHOLDERS } from './placeholders.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const runs = Number(process.argv[2] ?? 7);

const LAYERS = ['libraries', 'layer'];
const folder = await mkdtemp(join(tmpdir(), 'trainyard-cold-'));
try {
  await Promise.all([
    bundleFunctions(root, folder),
    bundleLibraries(root, join(folder, 'libraries')),
    cutRuntime(join(folder, 'layer'), { os: process.platform, arch: process.arch } as Platform),
  ]);
  for (const name of Object.keys(functions) as FunctionName[]) {
    // The first run fills the caches of the operating system.
    await initialisation(name);
    const milliseconds: number[] = [];
    for (let i = 0; i < runs; i++) milliseconds.push(await initialisation(name));
    const { size } = await stat(join(folder, name, 'index.mjs'));
    process.stdout.write(`${JSON.stringify({ name, kilobytes: Math.round(size / 1000), milliseconds })}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function initialisation(name: FunctionName): Promise<number> {
  const file = JSON.stringify(join(folder, name, 'index.mjs'));
  const source = `${LAMBDA_RUNTIME} const from = performance.now(); await import(${file}); console.log(performance.now() - from); process.exit();`;
  const env = {
    ...PLACEHOLDERS,
    NODE_PATH: LAYERS.map((layer) => join(folder, layer, 'nodejs/node_modules')).join(delimiter),
  };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', source], { cwd: folder, env });
  return Number(stdout.trim().split('\n').at(-1));
}
