import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleFunctions } from '#infra/aws/bundle/functions.ts';
import { bundleLibraries } from '#infra/aws/bundle/libraries.ts';
import { LAMBDA_RUNTIME, PLACEHOLDERS } from '#infra/aws/bundle/placeholders.ts';
import { type FunctionName, functions, type Surface, surfaces } from '#infra/topology.ts';
import { bundle } from '../../../layers/onnxruntime/bundle.ts';
import { cutRuntime, type Platform } from '../../../layers/onnxruntime/cut.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const names = Object.keys(functions) as FunctionName[];
/** Those that serve what no other function of their surface does. */
const documented = Object.values<Surface>(surfaces).flatMap(({ routes }) =>
  routes.flatMap((route) => (route.path === '/{proxy+}' ? [route.function] : [])),
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-bundles-'));
  await Promise.all([
    bundleFunctions(root, join(folder, 'functions')),
    bundleLibraries(root, join(folder, 'libraries')),
    cutRuntime(join(folder, 'layer'), { os: process.platform, arch: process.arch } as Platform),
  ]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs a program far from the project's own packages; `handler` is the function's. */
async function inLambda(name: FunctionName, program: string, layer = functions[name].runtime): Promise<unknown> {
  const file = JSON.stringify(join(folder, 'functions', name, 'index.mjs'));
  const source = `${LAMBDA_RUNTIME} const { handler } = await import(${file}); console.log(JSON.stringify(await (${program})));`;
  const layers = ['libraries', ...(layer ? ['layer'] : [])];
  const NODE_PATH = layers.map((one) => join(folder, one, 'nodejs/node_modules')).join(delimiter);
  const env = { ...PLACEHOLDERS, NODE_PATH };
  const done = await run(process.execPath, ['--input-type=module', '-e', source], { cwd: folder, env });
  return JSON.parse(done.stdout.trim().split('\n').at(-1)!);
}

/** A function that is called for the first time waits until its program is loaded. */
const MOST_BYTES = 1_000_000;

describe("a function's bundle", () => {
  test.each(names)('%s is less than a megabyte, without its layers', async (name) => {
    const program = await readFile(join(folder, 'functions', name, 'index.mjs'));
    expect(program.length).toBeLessThan(MOST_BYTES);
  });

  test.each(names)(
    '%s loads with only its layers beside it, and has the mark of a streaming handler if it is one',
    async (name) => {
      const mark = `handler[Symbol.for('aws.lambda.runtime.handler.streaming')] !== undefined`;
      expect(await inLambda(name, `[typeof handler, ${mark}]`)).toEqual(['function', functions[name].streams]);
    },
  );

  test('loads the runtime only if the topology gives it the layer', async () => {
    for (const name of names) {
      const source = await readFile(join(folder, 'functions', name, 'index.mjs'), 'utf8');
      expect([name, source.includes('("onnxruntime-node")')]).toEqual([name, functions[name].runtime]);
    }
  });

  test('what checks passwords finds its list of them beside it', async () => {
    const program = join(folder, 'functions/platform-api/passwords.mjs');
    await bundle({
      root,
      source: `import { isCommon } from '#functions/http/authentication/common-passwords.ts'; console.log(isCommon('Password1'));`,
      name: 'passwords',
      outfile: program,
    });
    const { stdout } = await run(process.execPath, [program], { cwd: folder, env: {} });
    await rm(program);
    expect(stdout.trim()).toBe('true');
  });

  test.each(documented)('%s includes the viewers of the documentation', async (name) => {
    const folderOf = join(folder, 'functions', name, 'node_modules');
    for (const file of ['redoc/bundles/redoc.standalone.js', 'swagger-ui-dist/swagger-ui-bundle.js']) {
      expect((await readFile(join(folderOf, file))).length).toBeGreaterThan(100_000);
    }
  });
});
