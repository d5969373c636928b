import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Options } from './bench.ts';

export interface Arguments {
  /** Of benches, or of areas; all where there are none. */
  readonly names: readonly string[];
  readonly options: Options;
}

/** A command line that cannot be understood: the message is one line for the user. */
export class UsageError extends Error {}

/** What every checkout has. */
const HOST = join('infra', 'embedded', 'host.ts');

/** Reads the command line of `npm run bench`. Throws `UsageError`. */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
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

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        rows: { type: 'string' },
        vs: { type: 'string' },
        'cpu-prof': { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!);
  }
}
