/**
 * `npm run backup -- DIR` copies a data folder, also while its host runs; `npm run restore -- DIR` makes a data folder of
 * such a copy. Ends with 0, with 2 if the command line is wrong, or with 1 and one line that says what went wrong.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { backUpFolder } from '#embedded/backup/back-up.ts';
import { restoreFolder } from '#embedded/backup/restore.ts';
import { UsageError } from '../embedded/usage-error.ts';
import { lineOf } from '../smoke/platform-url.ts';

const USAGE = `Usage: npm run backup -- DIR [--data DIR]
       npm run restore -- DIR --data DIR

  DIR          the backup. Backing up into the same place again copies only what is new
  --data DIR   the data folder (default when backing up: .trainyard/data); to restore, a new or empty one
  --help       this text

The backup has the keys of the installation: whoever has it can read everything but what passwords protect.`;

function readArguments(args: readonly string[]) {
  const options = { data: { type: 'string' }, help: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [what, place, ...more] = positionals;
  if (values.help) return undefined;
  if (what !== 'backup' && what !== 'restore') throw new UsageError('backup or restore is missing; see --help');
  if (place === undefined || more.length > 0) throw new UsageError('There must be one DIR; see --help');
  if (what === 'restore' && values.data === undefined) throw new UsageError('--data DIR is missing; see --help');
  return { what, place: resolve(place), data: resolve(values.data ?? '.trainyard/data') };
}

const MEBIBYTE = 1_048_576;
const size = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(1)} MiB`;

async function main({ what, place, data }: NonNullable<ReturnType<typeof readArguments>>): Promise<string> {
  if (what === 'backup') {
    const { files, bytes, copied } = await backUpFolder(data, place, Date.now);
    return `Backed up ${data} into ${place}: ${files} files, ${size(bytes)}, ${copied} of them new`;
  }
  const { files, bytes, created_at } = await restoreFolder(place, data);
  return `Restored ${data} as it was at ${created_at}: ${files} files, ${size(bytes)}. Start it with: npm start -- --data ${data}`;
}

function fail(error: unknown, code: number): never {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(code);
}

function given() {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    return fail(error, 2);
  }
}

const args = given();
const printed = args ? await main(args).catch((error: unknown) => fail(error, 1)) : USAGE;
process.stdout.write(`${printed}\n`);
