/**
 * `node bin/with-node.mjs bench/battery.ts [--epochs N] [--batch N] [--seeds N] [--target T]`: fits baseline, deephpm and bilstm to generated cells
 * and prints the tables of docs/battery.md: for each case, the mean test error over the seeds and its standard deviation.
 */
import { parseArgs } from 'node:util';
import { TARGETS } from '#learning/battery/cells.ts';
import { generateCells } from '#learning/battery/generate.ts';
import { cases, sizesOf } from './battery/cases.ts';
import { contenders } from './battery/contenders.ts';
import { score } from './battery/score.ts';

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '60' },
    batch: { type: 'string', default: '64' },
    seeds: { type: 'string', default: '5' },
    target: { type: 'string', multiple: true, default: [...TARGETS] },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const size = { batch: Number(values.batch), epochs: Number(values.epochs) };
const DIGITS = 3;

for (const target of TARGETS.filter((one) => values.target.includes(one))) {
  process.stdout.write(`\n| ${target} | ${cases.map(({ name }) => name).join(' | ')} |\n| --- | --- | --- | --- |\n`);
  for (const make of contenders) {
    const cells: string[] = [];
    for (const one of cases) {
      const sizes = sizesOf(one, target);
      const found: number[] = [];
      for (const seed of seeds) {
        const split = one.split(generateCells({ seed: 1, numbers: one.numbers }), seed);
        const run = { contender: make(sizes), split, target, ...size, seed };
        found.push(await score(run));
      }
      cells.push(summary(found));
      process.stderr.write(`${target} ${make(sizes).name} ${one.name}: ${found.join(' ')}\n`);
    }
    process.stdout.write(`| ${make(sizesOf(cases[0]!, target)).name} | ${cells.join(' | ')} |\n`);
  }
}

function summary(found: readonly number[]): string {
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const deviation = Math.sqrt(
    found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, found.length - 1),
  );
  return `${mean.toPrecision(DIGITS)} ± ${deviation.toPrecision(DIGITS - 1)}`;
}
