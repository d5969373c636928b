/**
 * `npm run bench [-- NAME …]`: measures, and prints one JSON object a line to standard output, then all of them as a
 * table to standard error. `ratio` above 1 is better than the peer; without a peer, `peer` and `ratio` are null.
 * `spread` is (max − min) / median of ours.
 */
import { globSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.ts';
import { type Line, tableOf } from './table.ts';

const wanted = process.argv.slice(2);
const files = globSync('bench/*/*.ts').sort();
const benches = (await Promise.all(files.map((file) => import(pathToFileURL(file).href)))).flatMap(
  (module: { benches?: readonly Bench[] }) => module.benches ?? [],
);
const chosen = benches.filter(({ name }) => wanted.length === 0 || wanted.some((one) => isAsked(name, one)));
if (chosen.length === 0) {
  process.stderr.write(
    `no bench is called ${wanted.join(' or ')}; there are: ${benches.map((one) => one.name).join(', ')}\n`,
  );
  process.exit(2);
}
const lines: Line[] = [];
for (const bench of chosen) {
  const { ours, peer, spread, more } = await bench.run();
  const ratio = peer === null ? null : ours / peer;
  const line = { bench: bench.name, ours, peer, unit: bench.unit, ratio, spread, ...more };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  lines.push(line);
}
process.stderr.write(`\n${tableOf(lines)}`);

/** By its whole name, or by that of an area it lies in. */
function isAsked(name: string, asked: string): boolean {
  return name === asked || name.startsWith(`${asked.replace(/\/$/, '')}/`);
}
