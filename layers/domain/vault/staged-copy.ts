/** A file of this installation that is saved as a model: staged as an upload is, but nobody puts parts of it. */
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import { markOfStaged, STAGED_SECONDS, stagedModel } from './staged.ts';
import type { NewVaultUpload } from './uploads.ts';

/** The bucket knows no upload of this id. */
const NO_PARTS = 'copy';

/** Before the file is staged. The table deletes the record after its time, and the sweep the file. */
export async function startStagedCopy(table: Table, of: ManagerRef, wanted: NewVaultUpload, now: number) {
  const until = now + STAGED_SECONDS * 1000;
  const { account_id, vault, id: manager_id } = of;
  const item = { ...wanted, metadata: JSON.stringify(wanted.metadata), upload_id: NO_PARTS, until: isoTime(until) };
  const about = { account_id, vault, manager_id, expiresAt: epochSeconds(until) };
  await table.transact([
    markOfStaged(stagedModel(of, wanted.id), now),
    { kind: 'put', item: itemOf(keys.vaultUpload(account_id, vault, wanted.id), { ...item, ...about }) },
  ]);
}
