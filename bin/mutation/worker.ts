/**
 * A process with the instrumented code and its tests: `worker.ts ROOT TEST_FILE …`. It first sends `ready`. For
 * `observe` it runs every test on the unchanged code, for each order it tries one mutant.
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collected } from './globals.ts';
import type { Observation, Order, Verdict } from './messages.ts';

const [root = '', ...files] = process.argv.slice(2);
const globals = import.meta.resolve('./globals.ts');
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, context),
});

let active = 0;
const covered = new Set<number>();
const mutation = {
  ops: {},
  on(id: number): boolean {
    covered.add(id);
    return id === active;
  },
};
Object.assign(globalThis, { mutation });

const load = (file: string): Promise<object> => import(pathToFileURL(join(root, file)).href);

/** The file of each test. */
const origins: string[] = [];
for (const file of files) {
  await load(file);
  while (origins.length < collected.length) origins.push(file);
}
mutation.ops = await load('layers/engine/ops/index.ts');

async function failure(test: number): Promise<string | null> {
  try {
    await collected[test]!.run();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function observe(): Promise<Observation[]> {
  const seen: Observation[] = [];
  for (const [i, { name }] of collected.entries()) {
    covered.clear();
    const start = performance.now();
    const error = await failure(i);
    seen.push({ file: origins[i]!, name, milliseconds: performance.now() - start, error, covers: [...covered] });
  }
  return seen;
}

async function attempt({ mutant, tests }: Order): Promise<Verdict> {
  active = mutant;
  let killer: number | null = null;
  for (const test of tests) {
    if ((await failure(test)) === null) continue;
    killer = test;
    break;
  }
  active = 0;
  return { mutant, killer };
}

process.on('message', async (message: Order | 'observe') => {
  process.send!(message === 'observe' ? await observe() : await attempt(message));
});
process.send!('ready');
