/**
 * Limits of what is stored: of an account, and of all accounts of the installation together.
 *
 * The bytes of an account are on its record. Those of all buckets are measured by the sweep, once a day; what is stored in
 * between is added before it is stored, and what is deleted shows with the next measurement. One that was refused asks for
 * that, so it comes within minutes.
 *
 *     measure ── + upload ── + upload ── refused ── (files are deleted) ── measure, by the next sweep ── + upload
 */
import { z } from 'zod';
import { getAccount } from '../accounts/read.ts';
import type { Room } from '../accounts/usage/room.ts';
import { countStorage, totalBytes, unchanged } from '../accounts/usage/storage.ts';
import { StorageLimitError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Adapters } from '../ports/adapters.ts';
import { BUCKETS } from '../ports/blobs/port.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import type { Settings } from '../settings.ts';
import { isoTime } from '../times.ts';
import { readVaultBytes } from '../vault/stored-bytes.ts';

export type Caps = Pick<Settings['caps'], 'storedBytes' | 'storedBytesPerAccount'>;

const measured = z.object({
  bytes: z.number().int().default(0),
  measured_at: z.string().optional(),
  refused: z.boolean().default(false),
});

const DAY_MS = 86_400_000;
const PAGE = 1000;

/** For whoever is about to store so many bytes. Throws `StorageLimitError`, which names the limit and the numbers. */
export async function reserveBytes(table: Table, accountId: string, bytes: number, caps: Caps): Promise<void> {
  await roomFor(table, accountId, bytes, caps)?.();
  if (caps.storedBytes !== undefined) await reserveInInstallation(table, bytes, caps.storedBytes);
}

/** For what is about to write nobody knows how much, such as a training. Throws `StorageLimitError` where there is no room left. */
export const expectRoom = (table: Table, accountId: string, caps: Caps): Promise<void> =>
  reserveBytes(table, accountId, 1, caps);

/** For what was reserved before, when it begins to count: others may have been begun as well. None without a limit. */
export const roomFor = (
  table: Table,
  accountId: string,
  bytes: number,
  { storedBytesPerAccount: most }: Caps,
): Room | undefined => (most === undefined ? undefined : () => expectWithinAccount(table, accountId, bytes, most));

async function expectWithinAccount(table: Table, accountId: string, bytes: number, most: number): Promise<Condition> {
  const of = await countStorage(table, await getAccount(table, accountId));
  const used = totalBytes(of) + (await bytesOfVaults(table, accountId));
  if (used + bytes > most) throw new StorageLimitError('This account', { most, used, bytes });
  return unchanged(of);
}

/** Of all that the account's vaults store. */
export async function bytesOfVaults(table: Table, accountId: string): Promise<number> {
  const { models, revisions, backups } = await readVaultBytes(table, accountId);
  return models + revisions + backups;
}

/** The same for what is of no account. Throws `StorageLimitError`. */
export async function reserveForAll(table: Table, bytes: number, { storedBytes: most }: Caps): Promise<void> {
  if (most !== undefined) await reserveInInstallation(table, bytes, most);
}

async function reserveInInstallation(table: Table, bytes: number, most: number): Promise<void> {
  const key = keys.installationStorage();
  try {
    await table.update(
      key,
      { add: { bytes } },
      {
        kind: 'any',
        of: [
          // Nothing was measured or stored yet.
          ...(bytes <= most ? [{ kind: 'missing', attribute: 'bytes' } as const] : []),
          { kind: 'compare', attribute: 'bytes', op: '<=', value: most - bytes },
        ],
      },
    );
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    const { bytes: used } = measured.parse(await table.update(key, { set: { refused: true } }));
    throw new StorageLimitError('This installation', { most, used, bytes });
  }
}

/** Measures what is stored if that is due. Only where there is a limit: in the cloud, listing costs money. */
export async function measureStorage(
  { table, blobs, now }: Pick<Adapters, 'table' | 'blobs' | 'now'>,
  caps: Caps,
): Promise<void> {
  if (caps.storedBytes === undefined) return;
  const before = measured.parse((await table.get(keys.installationStorage())) ?? {});
  const at = before.measured_at === undefined ? Number.NEGATIVE_INFINITY : Date.parse(before.measured_at);
  if (!before.refused && now() - at < DAY_MS) return;
  let bytes = 0;
  for (const bucket of BUCKETS) {
    let cursor: string | undefined;
    do {
      const page = await blobs[bucket].list('', { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      bytes += page.blobs.reduce((sum, { size }) => sum + size, 0);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  const set = { bytes, measured_at: isoTime(now()), refused: false };
  await table.update(keys.installationStorage(), { set });
}
