import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseCommandLine, UsageError } from '#infra/command-line.ts';
import type { Options } from './bench.ts';

export interface Arguments {
  /** Of benches, or of areas; all where there are none. */
  readonly names: readonly string[];
  readonly options: Options;
}

/** What every checkout has. */
const HOST = join('infra', 'embedded', 'host.ts');

const OPTIONS = {
  seconds: { type: 'string' },
  rows: { type: 'string' },
  vs: { type: 'string' },
  'cpu-prof': { type: 'string' },
} as const;

/** Reads the command line of `npm run bench`. Throws `UsageError`. */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const { seconds, rows, vs, 'cpu-prof': cpuProfile } = values;
  if (seconds !== undefined && !(Number(seconds) > 0)) {
    throw new UsageError(`--seconds must be a number above 0; got ${seconds}`);
  }
  if (rows !== undefined && !(Number.isInteger(Number(rows)) && Number(rows) > 0)) {
    throw new UsageError(`--rows must be a whole number above 0; got ${rows}`);
  }
  if (vs !== undefined && !existsSync(join(vs, HOST))) {
    throw new UsageError(`--vs must be the folder of another checkout; there is no ${join(vs, HOST)}`);
  }
  return {
    names: positionals,
    options: {
      ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
      ...(rows === undefined ? {} : { rows: Number(rows) }),
      ...(vs === undefined ? {} : { versus: resolve(vs) }),
      ...(cpuProfile === undefined ? {} : { cpuProfile: resolve(cpuProfile) }),
    },
  };
}
