/** Takes the backups of a second location back into a data folder that does not know them, such as a new one. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { parseSettings } from '#domain/settings.ts';
import { type Recovered, recordsByAccount } from '#domain/vault/copies.ts';
import { FolderBlobs } from '#embedded/blobs/folder-blobs.ts';
import { openEmbeddedHost } from '#embedded/open.ts';
import { UsageError } from '../command-line.ts';
import { type HandlerOptions, projectRoot } from '../embedded/invoke/load.ts';
import { makeLogger } from '../embedded/logger.ts';
import { queueSettings } from '../embedded/pumps/queues.ts';

const ENTRY = 'functions/manager/backup/recover-backups.ts';

/**
 * @param account whose backups, if there are those of several
 * @throws UsageError, and FolderInUseError while a host serves the folder
 */
export async function recoverVault(from: string, dir: string, account: string | undefined): Promise<Recovered> {
  const copies = new FolderBlobs(from);
  const [accountId, records] = chosen(from, await recordsByAccount(copies), account);
  const key = join(dir, 'keys', 'wrapping.key');
  await access(key).catch(() => {
    throw new UsageError(`${key} is missing: copy the one of the installation that made the backups to there`);
  });
  const adapters = await openEmbeddedHost({
    dir,
    baseUrl: '',
    queues: queueSettings,
    computeCommand: () => {
      throw new TypeError('nothing is trained while backups are taken back');
    },
  });
  try {
    const recover = await loadRecovery(adapters, {
      settings: parseSettings({}),
      logger: makeLogger('restore', 'stderr'),
    });
    return await recover(copies, accountId, records);
  } finally {
    await adapters.close();
  }
}

type Recovery = (copies: BlobsWithoutUrls, accountId: string, records: readonly string[]) => Promise<Recovered>;

export async function loadRecovery(adapters: Adapters, options: HandlerOptions): Promise<Recovery> {
  const entry: unknown = await import(pathToFileURL(join(projectRoot, ENTRY)).href);
  return (entry as { makeHandler: (...given: [Adapters, HandlerOptions]) => Recovery }).makeHandler(adapters, options);
}

/** The account whose backups to take, with their records. Throws `UsageError`. */
export function chosen(
  from: string,
  found: ReadonlyMap<string, readonly string[]>,
  account: string | undefined,
): readonly [string, readonly string[]] {
  const accounts = [...found.keys()];
  if (accounts.length === 0) throw new UsageError(`${from} is no second location of backups: it has no record of one`);
  if (account === undefined && accounts.length > 1) {
    throw new UsageError(`${from} has backups of several accounts: choose one with --account; ${accounts.join(', ')}`);
  }
  const id = account ?? accounts[0]!;
  const records = found.get(id);
  if (!records) throw new UsageError(`${from} has no backups of the account ${id}; there are ${accounts.join(', ')}`);
  return [id, records];
}
