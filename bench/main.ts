/**
 * `npm run bench [-- NAME …]`: measures, and prints one JSON object a line to standard output. `ratio` above 1 is
 * better than the peer; without a peer, `peer` and `ratio` are null. `spread` is (max − min) / median of ours.
 */
import { globSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.ts';

const wanted = process.argv.slice(2);
const files = globSync('bench/*/*.ts').sort();
const benches = (await Promise.all(files.map((file) => import(pathToFileURL(file).href)))).flatMap(
  (module: { benches?: readonly Bench[] }) => module.benches ?? [],
);
const chosen = benches.filter((bench) => wanted.length === 0 || wanted.some((name) => bench.name.startsWith(name)));
if (chosen.length === 0) {
  process.stderr.write(
    `no bench is called ${wanted.join(' or ')}; there are: ${benches.map((one) => one.name).join(', ')}\n`,
  );
  process.exit(2);
}
for (const bench of chosen) {
  const { ours, peer, spread } = await bench.run();
  const line = { bench: bench.name, ours, peer, unit: bench.unit, ratio: peer === null ? null : ours / peer, spread };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
