/** What a model's file was staged as for a download: another download of the same file takes it, and no second copy is made. */
import { z } from 'zod';
import { keys } from '../keys.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';
import type { Variant } from './files.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import { STAGED_SECONDS, stagedModel } from './staged.ts';

const stagedDownload = z.object({
  /** Of what is staged. */
  id: z.string(),
  /** Epoch milliseconds. */
  until: z.int(),
});
export type StagedDownload = z.infer<typeof stagedDownload>;

interface Downloaded {
  readonly revision: string;
  readonly variant: Variant;
}

/** What is left of it has to be enough for whoever downloads a large file. */
const LEAST_MS = (STAGED_SECONDS * 1000) / 2;

const keyOf = ({ account_id, vault }: ManagerRef, { revision, variant }: Downloaded) =>
  keys.vaultDownload(account_id, vault, revision, variant);

export async function findStagedDownload(
  table: Table,
  artifacts: Blobs,
  of: ManagerRef,
  file: Downloaded,
  now: number,
): Promise<StagedDownload | undefined> {
  const found = stagedDownload.safeParse(await table.get(keyOf(of, file)));
  if (!found.success || found.data.until - now < LEAST_MS) return undefined;
  return (await artifacts.head(stagedModel(of, found.data.id).file)) ? found.data : undefined;
}

export const noteStagedDownload = (
  table: Table,
  of: ManagerRef,
  file: Downloaded,
  staged: StagedDownload,
): Promise<void> => table.put(itemOf(keyOf(of, file), { ...staged, expiresAt: epochSeconds(staged.until) }));
