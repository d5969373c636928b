/**
 * The initialisation of the functions of a deployment, each in fresh processes: the slowest is ours, and the further columns
 * have each one's median in milliseconds. `infra/aws/bundle/cold-starts.ts` says what is measured.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from '../bench.ts';

const PROGRAM = join(import.meta.dirname, '../../infra/aws/bundle/cold-starts.ts');
const RUNS = 7;

interface Measured {
  readonly name: string;
  readonly kilobytes: number;
  readonly milliseconds: readonly number[];
}

export const benches: readonly Bench[] = [
  {
    name: 'cold/functions',
    unit: 'ms',
    async run() {
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, String(RUNS)]);
      const all = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Measured)
        .map(({ milliseconds, ...rest }) => ({ ...rest, ...summary(milliseconds) }));
      const slowest = all.toSorted((a, b) => b.median - a.median)[0]!;
      const each = Object.fromEntries(all.map(({ name, median }) => [name, Math.round(median)]));
      const kilobytes = Math.max(...all.map((one) => one.kilobytes));
      return { ours: slowest.median, peer: null, spread: slowest.spread, more: { kilobytes, ...each } };
    },
  },
];

function summary(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / median };
}
