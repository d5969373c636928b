import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleFunctions } from '#infra/aws/bundle/functions.ts';
import { type FunctionName, functions, type Surface, surfaces } from '#infra/topology.ts';
import { cutRuntime, type Platform } from '../../../layers/onnxruntime/cut.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const names = Object.keys(functions) as FunctionName[];
/** Those that serve what no other function of their surface does. */
const documented = Object.values<Surface>(surfaces).flatMap(({ routes }) =>
  routes.flatMap((route) => (route.path === '/{proxy+}' ? [route.function] : [])),
);

/** Placeholder names: a bundle does not call AWS until it is invoked. */
const WORLD = {
  AWS_REGION: 'eu-west-1',
  TRAINYARD_TABLE: 'table',
  TRAINYARD_BUCKET_DATASETS: 'datasets',
  TRAINYARD_BUCKET_ARTIFACTS: 'artifacts',
  TRAINYARD_BUCKET_BACKUPS: 'backups',
  TRAINYARD_QUEUE_DATASETS: 'https://sqs.eu-west-1.amazonaws.com/111122223333/datasets',
  TRAINYARD_QUEUE_TRAINING: 'https://sqs.eu-west-1.amazonaws.com/111122223333/training',
  TRAINYARD_QUEUE_WEBHOOKS: 'https://sqs.eu-west-1.amazonaws.com/111122223333/webhooks',
  TRAINYARD_QUEUE_VAULT: 'https://sqs.eu-west-1.amazonaws.com/111122223333/vault',
  TRAINYARD_QUEUE_PREDICTIONS: 'https://sqs.eu-west-1.amazonaws.com/111122223333/predictions',
  TRAINYARD_QUEUE_LOGS: 'https://sqs.eu-west-1.amazonaws.com/111122223333/logs',
  TRAINYARD_QUEUE_ENCODERS: 'https://sqs.eu-west-1.amazonaws.com/111122223333/encoders',
  TRAINYARD_BUS: 'bus',
  TRAINYARD_KEY_TOKENS: 'key',
  TRAINYARD_KEY_DATA: 'key',
};

/** The global that only Lambda's runtime has. */
const RUNTIME = `globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' }),
};`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-bundles-'));
  await Promise.all([
    bundleFunctions(root, join(folder, 'functions')),
    cutRuntime(join(folder, 'layer'), { os: process.platform, arch: process.arch } as Platform),
  ]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs a program far from the project's own packages; `handler` is the function's. */
async function inLambda(name: FunctionName, program: string, layer = functions[name].runtime): Promise<unknown> {
  const file = JSON.stringify(join(folder, 'functions', name, 'index.mjs'));
  const source = `${RUNTIME} const { handler } = await import(${file}); console.log(JSON.stringify(await (${program})));`;
  const env = { ...WORLD, ...(layer ? { NODE_PATH: join(folder, 'layer/nodejs/node_modules') } : {}) };
  const done = await run(process.execPath, ['--input-type=module', '-e', source], { cwd: folder, env });
  return JSON.parse(done.stdout.trim().split('\n').at(-1)!);
}

describe("a function's bundle", () => {
  test.each(names)('%s loads with only its layer beside it', async (name) => {
    expect(await inLambda(name, 'typeof handler')).toBe('function');
  });

  test.each(names)('%s has the mark of a streaming handler if it is one', async (name) => {
    const mark = `handler[Symbol.for('aws.lambda.runtime.handler.streaming')] ?? null`;
    expect((await inLambda(name, mark)) !== null).toBe(functions[name].streams);
  });

  test('loads the runtime only if the topology gives it the layer', async () => {
    for (const name of names) {
      const source = await readFile(join(folder, 'functions', name, 'index.mjs'), 'utf8');
      expect([name, source.includes('require("onnxruntime-node")')]).toEqual([name, functions[name].runtime]);
    }
  });

  test.each(documented)('%s includes the viewers of the documentation', async (name) => {
    const folderOf = join(folder, 'functions', name, 'node_modules');
    for (const file of ['redoc/bundles/redoc.standalone.js', 'swagger-ui-dist/swagger-ui-bundle.js']) {
      expect((await readFile(join(folderOf, file))).length).toBeGreaterThan(100_000);
    }
  });
});
