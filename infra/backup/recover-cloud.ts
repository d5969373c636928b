/** Takes the backups of a second location in the cloud back into an installation that does not know them, such as a new one. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { blobs } from '#aws/wiring/blobs.ts';
import { keys } from '#aws/wiring/keys.ts';
import { table } from '#aws/wiring/table.ts';
import { wireParts } from '#aws/wiring/wire.ts';
import { createApiKey, MADE_BY_A_KEY } from '#domain/accounts/api-keys.ts';
import { newId } from '#domain/ids.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import { type Recovered, recordsByAccount } from '#domain/vault/copies.ts';
import { UsageError } from '../command-line.ts';
import { makeLogger } from '../embedded/logger.ts';
import { chosen, loadRecovery } from './recover-vault.ts';

const variables = z.record(z.string(), z.string());

export interface CloudRecovery {
  /** The bucket of the second location. */
  readonly bucket: string;
  /** A JSON file with the environment variables of a function of the installation. */
  readonly environmentFile: string;
  /** Whose backups, if there are those of several. */
  readonly account: string | undefined;
}

/** Resolves with an API key of the account as well, in which nobody can log in. Throws `UsageError`, `EnvironmentError`. */
export async function recoverCloud(wanted: CloudRecovery): Promise<Recovered & { readonly apiKey: string }> {
  const { bucket, environmentFile, account } = wanted;
  const environment = { ...process.env, ...environmentOf(environmentFile), TRAINYARD_BUCKET_COPIES: bucket };
  const { adapters, options } = wireParts(environment, [table, blobs, keys]);
  const copies = adapters.backupCopies!;
  const [accountId, records] = chosen(`s3://${bucket}`, await recordsByAccount(copies), account);
  const logger = makeLogger('restore', 'stderr');
  const recover = await loadRecovery(adapters, { settings: options.settings, logger });
  const recovered = await recover(copies, accountId, records);
  return { ...recovered, apiKey: await newKey(adapters, accountId) };
}

function environmentOf(file: string): Readonly<Record<string, string>> {
  try {
    return variables.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new UsageError(
      `--environment must be a JSON file with environment variables of a function; ${file} is none: ${(error as Error).message.split('\n', 1)[0]}`,
    );
  }
}

async function newKey({ table, now }: Adapters, account_id: string): Promise<string> {
  const key = `ty_${randomBytes(32).toString('base64url')}`;
  const of = { id: newId(now()), account_id, name: 'recovery', scope: 'admin', created_by: MADE_BY_A_KEY } as const;
  await createApiKey(table, { ...of, prefix: key.slice(0, 7), created_at: isoTime(now()) }, key);
  return key;
}
