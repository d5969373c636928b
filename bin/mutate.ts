/**
 * `npm run mutate [-- FILE …]`: mutation testing of the gradient rules of `layers/engine/ops`, of the functions there
 * that they call, and of compositions of operations. Makes one change at a time, in a copy of the tree, and reports the
 * changes that no test notices. With names (`conv`), only those files.
 *
 * Runs the tests that cover a mutant, the likeliest first; the first that fails kills it. Exits with 1 if a
 * mutant survives that is not in `mutation/equivalent.ts`, or if that list has one that does not exist.
 */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { instrument, type Mutant } from './mutation/instrument.ts';
import { LikelyFirst } from './mutation/likely-first.ts';
import { report } from './mutation/report.ts';
import { parse } from './mutation/syntax.ts';
import { type Fate, TestProcess } from './mutation/test-process.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const OPS = 'layers/engine/ops';
const TESTS = 'test/{engine/ops/*,engine/{grad,training/loss},golden/*}.test.ts';
const PROCESSES = Math.max(2, availableParallelism());
/** Milliseconds that a mutant may take beyond five times the usual duration of its tests: it may loop for ever. */
const EXTRA_TIME = 60_000;

const root = mkdtempSync(join(tmpdir(), 'trainyard-mutate-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
for (const part of ['layers/engine', 'layers/zoo', 'test/engine', 'test/golden', 'test/fixtures', 'package.json'])
  cpSync(join(project, part), join(root, part), { recursive: true });
symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));

const files = globSync(`${OPS}/*.ts`, { cwd: root }).sort();
const source = (file: string) => parse(basename(file), readFileSync(join(root, file), 'utf8'));
const instrumented = instrument(new Map(files.map((file) => [basename(file), source(file)])));
for (const [file, { text }] of instrumented) writeFileSync(join(root, OPS, file), text);
const names = new Set(process.argv.slice(2).map((name) => basename(name, '.ts')));
const mutants = [...instrumented.values()]
  .flatMap((one) => one.mutants)
  .filter(({ file }) => names.size === 0 || names.has(basename(file, '.ts')));

const tests = globSync(TESTS, { cwd: root }).sort();
const processes = Array.from({ length: PROCESSES }, () => new TestProcess(root, tests));
const observations = await processes[0]!.observe();
const broken = observations.filter(({ error }) => error !== null);
for (const { file, name, error } of broken) console.error(`${file} › ${name}: ${error}`);
if (broken.length > 0) {
  console.error(`${broken.length} tests fail on the code as it is; mutants would teach nothing`);
  process.exit(1);
}

const likely = new LikelyFirst(observations);
const started = performance.now();
const fates = new Map<Mutant, Fate>();
const queue = mutants.values();
await Promise.all(
  processes.map(async (one) => {
    for (const mutant of queue) {
      const order = { mutant: mutant.id, tests: likely.testsOf(mutant) };
      const usual = order.tests.reduce((sum, test) => sum + observations[test]!.milliseconds, 0);
      const fate = await one.attempt(order, EXTRA_TIME + 5 * usual);
      likely.note(mutant, order.tests, fate);
      fates.set(mutant, fate);
      if (fates.size % 100 === 0) console.error(`${fates.size} of ${mutants.length} mutants`);
    }
    one.dismiss();
  }),
);

const { text, failed } = report(mutants, fates);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`${mutants.length} mutants, ${observations.length} tests, ${seconds} s\n\n${text}`);
process.exit(failed ? 1 : 0);
