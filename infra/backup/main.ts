/**
 * `npm run backup -- DIR` copies a data folder, also while its host runs; `npm run restore -- DIR` makes a data folder of
 * such a copy, or with `--vault` takes back the backups of a second location, which may be in the cloud. Ends with 0, with 2 if the command line is
 * wrong, or with 1 and one line for everything that went wrong.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Recovered } from '#domain/vault/copies.ts';
import { backUpFolder } from '#embedded/backup/back-up.ts';
import { restoreFolder } from '#embedded/backup/restore.ts';
import { UsageError } from '../command-line.ts';
import { lineOf } from '../smoke/platform-url.ts';
import { recoverCloud } from './recover-cloud.ts';
import { recoverVault } from './recover-vault.ts';

const USAGE = `Usage: npm run backup -- DIR [--data DIR]
       npm run restore -- DIR --data DIR
       npm run restore -- DIR --vault --data DIR [--account ID]
       npm run restore -- s3://BUCKET --vault --environment FILE [--account ID]

  DIR           the backup. Backing up into the same place again copies only what is new
  --data DIR    the data folder (default when backing up: .trainyard/data); to restore, a new or empty one
  --vault       DIR is a second location of the vault's backups (npm start -- --backup-copies DIR). The data folder has
                keys/wrapping.key of the installation that made them, and may have more
  --account ID  whose backups to take, if there are those of several accounts
  --environment FILE
                for a second location in the cloud: the variables of a function of the installation that is to have the
                backups, as JSON. AWS's own credentials are used
  --help        this text

The backup has the keys of the installation: whoever has it can read everything but what passwords protect. A second
location has none.`;

function readArguments(args: readonly string[]) {
  const options = {
    data: { type: 'string' },
    vault: { type: 'boolean', default: false },
    account: { type: 'string' },
    environment: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [what, place, ...more] = positionals;
  if (values.help) return undefined;
  if (what !== 'backup' && what !== 'restore') throw new UsageError('backup or restore is missing; see --help');
  if (place === undefined || more.length > 0) throw new UsageError('There must be one DIR; see --help');
  const bucket = /^s3:\/\/([a-z0-9.-]{3,63})\/?$/.exec(place.slice(0, 80))?.[1];
  if (bucket !== undefined) {
    const { environment, account } = values;
    if (what !== 'restore' || !values.vault) throw new UsageError('s3://BUCKET is for restore --vault; see --help');
    if (environment === undefined) throw new UsageError('--environment FILE is missing; see --help');
    return { what, bucket, environmentFile: environment, account } as const;
  }
  if (values.environment !== undefined) throw new UsageError('--environment needs s3://BUCKET; see --help');
  if (what === 'restore' && values.data === undefined) throw new UsageError('--data DIR is missing; see --help');
  if (what === 'backup' && values.vault) throw new UsageError('--vault is for restore; see --help');
  if (values.account !== undefined && !values.vault) throw new UsageError('--account needs --vault; see --help');
  const { vault, account } = values;
  return { what, place: resolve(place), data: resolve(values.data ?? '.trainyard/data'), vault, account };
}

const MEBIBYTE = 1_048_576;
const size = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(1)} MiB`;

type Arguments = NonNullable<ReturnType<typeof readArguments>>;

async function main(args: Arguments): Promise<string> {
  if (args.bucket !== undefined) {
    const { apiKey, ...recovered } = await recoverCloud(args);
    return `${told(recovered, `the installation of ${args.environmentFile}`)}. An API key of the account, to be replaced by one of your own: ${apiKey}`;
  }
  const { what, place, data, vault, account } = args;
  if (what === 'backup') {
    const { files, bytes, copied } = await backUpFolder(data, place, Date.now);
    return `Backed up ${data} into ${place}: ${files} files, ${size(bytes)}, ${copied} of them new`;
  }
  if (vault) return takeBack(place, data, account);
  const { files, bytes, created_at } = await restoreFolder(place, data);
  return `Restored ${data} as it was at ${created_at}: ${files} files, ${size(bytes)}. Start it with: npm start -- --data ${data}`;
}

async function takeBack(place: string, data: string, account: string | undefined): Promise<string> {
  return told(await recoverVault(place, data, account), data);
}

function told({ managers, backups, known, failed }: Recovered, into: string): string {
  for (const { file, reason } of failed) process.stderr.write(`${file}: ${reason}\n`);
  if (failed.length > 0) process.exitCode = 1;
  const had = known === 0 ? '' : `, ${known} were there`;
  const without = failed.length === 0 ? '' : `, ${failed.length} could not be taken`;
  return `Took ${backups} backups into ${into}${had}${without}; new managers: ${managers.join(', ') || 'none'}. Restore models from them with POST /api/model-manager/MANAGER/backup/restore`;
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
const printed = args
  ? await main(args).catch((error: unknown) => fail(error, error instanceof UsageError ? 2 : 1))
  : USAGE;
process.stdout.write(`${printed}\n`);
