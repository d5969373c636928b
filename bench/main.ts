/**
 * `npm run bench [-- NAME … OPTIONS]`: measures, and prints one JSON object a line to standard output, then all of them as
 * a table to standard error. `ratio` above 1 is better than the peer; without a peer, `peer` and `ratio` are null.
 * `spread` is (max − min) / median of ours. Ends with 1 where requests failed: then it measured something else.
 */
import { globSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { UsageError } from '#infra/command-line.ts';
import { type Arguments, readArguments } from './arguments.ts';
import type { Bench } from './bench.ts';
import { type Line, tableOf } from './table.ts';

const { names: wanted, options } = readArgumentsOrExit();
const files = globSync('bench/*/*.ts').sort();
const benches = (await Promise.all(files.map((file) => import(pathToFileURL(file).href)))).flatMap(
  (module: { benches?: readonly Bench[] }) => module.benches ?? [],
);
const chosen = benches.filter(({ name }) => wanted.length === 0 || wanted.some((one) => isAsked(name, one)));
if (chosen.length === 0)
  exit(`no bench is called ${wanted.join(' or ')}; there are: ${benches.map((one) => one.name).join(', ')}`);
const lines: Line[] = [];
for (const bench of chosen) {
  const { ours, peer, spread, more } = await bench.run(options);
  const ratio = peer === null ? null : ours / peer;
  const line = { bench: bench.name, ours, peer, unit: bench.unit, ratio, spread, ...more };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  lines.push(line);
}
process.stderr.write(`\n${tableOf(lines)}`);
if (lines.some(({ errors }) => Number(errors) > 0)) process.exitCode = 1;

function readArgumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return exit(error.message);
  }
}

function exit(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** By its whole name, or by that of an area it lies in. */
function isAsked(name: string, asked: string): boolean {
  return name === asked || name.startsWith(`${asked.replace(/\/$/, '')}/`);
}
