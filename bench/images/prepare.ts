/**
 * How fast a ZIP of images becomes encoded rows on a disk, and the most memory that the process takes: images are streamed,
 * so it must not grow with their number.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.ts';

export interface Prepared {
  readonly seconds: number;
  /** Of the whole process, at its peak, and before it began. */
  readonly mebibytes: number;
  readonly mebibytesBefore: number;
}

const COUNTS = [5_000, 50_000] as const;

function prepared(count: number): Prepared {
  const script = fileURLToPath(new URL('memory/child.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, String(count)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`preparing ${count} images ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as Prepared;
}

const bench: Bench = {
  name: 'images/prepare',
  unit: 'images/s',
  run: async () => {
    const [few, many] = COUNTS.map(prepared) as [Prepared, Prepared];
    const more = { mebibytesOfFew: few.mebibytes, mebibytes: many.mebibytes, mebibytesBefore: many.mebibytesBefore };
    return { ours: COUNTS[1] / many.seconds, peer: null, spread: 0, more: { images: COUNTS[1], ...more } };
  },
};

export const benches: readonly Bench[] = [bench];
