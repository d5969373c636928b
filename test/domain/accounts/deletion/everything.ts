/** An account with a record of every kind, and what is found of it in the store. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { indexes, keys, listPartition } from '#domain/keys.ts';
import { BUCKETS } from '#domain/ports/blobs/port.ts';
import type { Item } from '#domain/ports/table/port.ts';
import type { Store } from '../../store.ts';

/** What is no account's: counters of addresses and of hashed names. */
const NOBODYS: readonly Item[] = [];

/** Not due while a test runs. */
const LATER = '2030';

const orphanMark = (prefix: string): Item => ({
  ...keys.orphans('artifacts', prefix),
  ...{ bucket: 'artifacts', prefix, ipk: indexes.orphans, isk: LATER },
});

/**
 * A record of each key, of an account that has it. A new kind of record needs a line here, and unless it is in the
 * account's own partition one in `belongings.ts`: the test of deletion says so.
 */
export const SAMPLES: Readonly<Record<keyof typeof keys, (account: string) => readonly Item[]>> = {
  account: (id) => [{ ...keys.account(id), id, username: `founder-${id}`, email: `founder-${id}@example.com` }],
  username: (account_id) => [
    { ...keys.username(`user-${account_id}`), account_id },
    { ...keys.username(`founder-${account_id}`), account_id },
  ],
  email: (account_id) => [
    { ...keys.email(`user-${account_id}@example.com`), account_id },
    { ...keys.email(`founder-${account_id}@example.com`), account_id },
  ],
  user: (id) => [{ ...keys.user(id, 'u'), username: `user-${id}`, email: `user-${id}@example.com`, account_id: id }],
  invitation: (id) => [{ ...keys.invitation(id, 'i'), token_sha256: `i${id}`, account_id: id }],
  invitationToken: (id) => [{ ...keys.invitationToken(`i${id}`), account_id: id }],
  apiKey: (id) => [{ ...keys.apiKey(id, 'k'), sha256: `k${id}`, account_id: id }],
  apiKeySecret: (id) => [{ ...keys.apiKeySecret(`k${id}`), account_id: id }],
  // Of no account: a sum over all.
  installationStorage: () => NOBODYS,
  installationJobs: () => NOBODYS,
  operator: (account_id) => [{ ...keys.operator(), account_id }],
  session: (id) => [{ ...keys.session(id, 's'), refresh_sha256: `r${id}`, account_id: id }],
  refreshToken: (id) => [{ ...keys.refreshToken(`r${id}`), account_id: id }],
  rate: () => NOBODYS,
  calls: (id) => [{ ...keys.calls(id, '2026-01-01'), h00: 1 }],
  monthUsage: (id) => [{ ...keys.monthUsage(id, '2026-01'), completed: 1 }],
  dataset: (id) => [{ ...keys.dataset(id, 'd'), account_id: id }],
  datasetName: (id) => [{ ...keys.datasetName(id, 'data'), version: 2 }],
  readingSlot: (id) => [{ ...keys.readingSlot(id, 1) }],
  uploadedEncoder: (id) => [{ ...keys.uploadedEncoder(id, 'bert'), name: 'uploads/bert' }],
  trainingData: (id) => [{ ...keys.trainingData(id, 'texts.jsonl'), dataset_id: 'd' }],
  // One that has begun needs the bucket too; see the test.
  upload: () => NOBODYS,
  modelUpload: () => NOBODYS,
  job: (id) => [{ ...keys.job(id, 'j'), id: `j${id}`, attempt: 2, account_id: id }],
  waitingJob: (id) => [{ ...keys.waitingJob(id, 'd', 'j') }],
  jobLog: (id) => Array.from({ length: 120 }, (_, n) => ({ ...keys.jobLog(id, 'j', String(n)), lines: [] })),
  stream: (id) => [{ ...keys.stream(id, 1) }],
  model: (id) => Array.from({ length: 120 }, (_, n) => ({ ...keys.model(id, `m${n}`), account_id: id })),
  sweep: (id) => [{ ...keys.sweep(id, 's'), account_id: id }],
  batch: (id) => [{ ...keys.batch(id, 'b'), account_id: id }],
  logFile: (id) => [{ ...keys.logFile(id, 'm0', 'p', 'f'), model_id: 'm0' }],
  logDay: (id) => [{ ...keys.logDay(id, 'm0', '2026-01-01'), rows: 1 }],
  driftCheck: (id) => [{ ...keys.driftCheck(id, 'm0'), account_id: id, model_id: 'm0' }],
  feedback: (id) => [{ ...keys.feedback(id, 'm0', 'p', 0), truth: 'x' }],
  modelNumber: (id) => [{ ...keys.modelNumber(id, 1) }],
  modelLookups: (id) => [{ ...keys.modelLookups(id) }],
  modelVersion: (id) => [{ ...keys.modelVersion(id, 'name', '1.0.0') }],
  modelAlias: (id) => [{ ...keys.modelAlias(id, 'name', 'champion') }],
  lineage: (id) => [{ ...keys.lineage(id, 'name') }],
  idempotency: (id) => [{ ...keys.idempotency(id, 'x') }],
  listsComplete: (id) => [{ ...keys.listsComplete(id, 'MODELS') }],
  list: (id) => [{ ...keys.list(id, 'MODELS#name#a') }],
  listEntry: (id) =>
    Array.from({ length: 120 }, (_, n) => ({ ...keys.listEntry(listPartition(id, 'MODELS#name#a'), String(n)) })),
  listBucket: (id) => [{ ...keys.listBucket(listPartition(id, 'MODELS#name#a'), '0') }],
  webhook: (id) => [{ ...keys.webhook(id, 'w'), account_id: id }],
  delivery: (id) => [{ ...keys.delivery(id, 'w', 'e'), ipk: indexes.pendingDeliveries, isk: LATER }],
  loggedEvent: (id) => [{ ...keys.loggedEvent(id, 'e') }],
  notice: (id) => [{ ...keys.notice(id, 'n') }],
  catalogEntry: (id) => Array.from({ length: 120 }, (_, n) => ({ ...keys.catalogEntry(id, n + 1), account_id: id })),
  catalogModelId: (id) => [{ ...keys.catalogModelId(id, 'm') }],
  catalogChange: (id) => [{ ...keys.catalogChange(id, 1, 1) }],
  catalogNumbers: (id) => [{ ...keys.catalogNumbers(id), last: 1 }],
  vaultManager: (id) => [{ ...keys.vaultManager(id, 'm'), id: 'm', vault: 'v', account_id: id }],
  vaultKnown: (id) => ['m', 'deleted'].map((manager) => ({ ...keys.vaultKnown(id, manager), id: manager })),
  vaultDeleted: (id) => [{ ...keys.vaultDeleted(id, 'w'), vault: 'w', ipk: indexes.deletedVaults, isk: LATER }],
  vaultModel: (id) =>
    ['v', 'w'].flatMap((vault) => Array.from({ length: 120 }, (_, n) => ({ ...keys.vaultModel(id, vault, `m${n}`) }))),
  vaultRevision: (id) => [{ ...keys.vaultRevision(id, 'v', 'm', 'r') }],
  vaultUpload: (id) => [{ ...keys.vaultUpload(id, 'v', 'u') }],
  vaultArchiveUpload: (id) => [{ ...keys.vaultArchiveUpload(id, 'v', 'u') }],
  vaultDownload: (account) => [{ ...keys.vaultDownload(account, 'v', 'r', 'original'), id: 'd', until: 1 }],
  vaultAccess: (id) => [{ ...keys.vaultAccess(id, 'v', 'm') }],
  vaultDamage: (id) => [{ ...keys.vaultDamage(id, 'v', 'm') }],
  vaultServed: (id) => [{ ...keys.vaultServed(id, 'v', 'm') }],
  vaultActive: (id) => [{ ...keys.vaultActive(id, 'v', 'f') }],
  vaultOperations: (id) => [{ ...keys.vaultOperations(id, 'v') }],
  vaultRotation: (id) => [{ ...keys.vaultRotation(id, 'v') }],
  vaultRotationLease: (id) => [{ ...keys.vaultRotationLease(id, 'v') }],
  vaultRefusedCalls: (id) => [{ ...keys.vaultRefusedCalls(id, 'm', '2026-01-01T00:00:00.000Z', 'key') }],
  vaultAuditEntry: (id) =>
    ['m', 'deleted'].flatMap((manager) =>
      Array.from({ length: 120 }, (_, n) => ({ ...keys.vaultAuditEntry(id, manager, n + 1) })),
    ),
  vaultAuditHead: (id) => ['m', 'deleted'].map((manager) => ({ ...keys.vaultAuditHead(id, manager) })),
  vaultBackup: (id) => [{ ...keys.vaultBackup(id, 'deleted', 'b'), ipk: indexes.expiringBackups, isk: LATER }],
  vaultDroppedBackup: (id) => [{ ...keys.vaultDroppedBackup(id, 'm', 'b') }],
  vaultContent: (id) => [{ ...keys.vaultContent(id, 'm', 'c') }],
  vaultHeld: (id) => [{ ...keys.vaultHeld(id, 'm', 'b', 'c') }],
  vaultJob: (id) => [{ ...keys.vaultJob(id, 'v', 'backup', 'f') }],
  vaultSealed: (id) => [{ ...keys.vaultSealed(id, 'm', 'shared', 'f') }],
  vaultCopies: (id) => [{ ...keys.vaultCopies(id, 'm') }],
  vaultDrill: (id) => [{ ...keys.vaultDrill(id, 'm') }],
  deployment: () => NOBODYS,
  // Loaded once for all.
  encoder: () => NOBODYS,
  task: (id) => [1, 2].map((attempt) => ({ ...keys.task(`j${id}-${attempt}`), account_id: id })),
  orphans: (id) => [`${id}/models/m/`, `checkpoints/${id}/j/`].map((prefix) => orphanMark(prefix)),
  event: (account) => [
    { ...keys.event(`e${account}`), account, ipk: indexes.outbox, isk: LATER },
    { ...keys.event(`f${account}`), account, ipk: indexes.deadLettered, isk: LATER },
  ],
};

/** Stores all of them, and files of every kind in every bucket. */
export async function fill({ table, blobs }: Pick<Store, 'table' | 'blobs'>, accountId: string): Promise<void> {
  const items = Object.values(SAMPLES).flatMap((sample) => sample(accountId));
  for (let i = 0; i < items.length; i += 100) {
    await table.transact(items.slice(i, i + 100).map((item) => ({ kind: 'put', item })));
  }
  for (const bucket of BUCKETS) {
    for (const key of [
      'd/data',
      'jobs/j/history.json',
      'models/m/model.onnx',
      'predictions/b/predictions.csv',
      'whatever/else',
    ]) {
      await blobs[bucket].put(`${accountId}/${key}`, Buffer.from('x'));
    }
  }
  await blobs.artifacts.put(`checkpoints/${accountId}/j/training.safetensors`, Buffer.from('x'));
}

/** Every row of the store's database in which the text stands, such as `items: {…}`. */
export function rowsWith(dir: string, text: string): string[] {
  const database = new DatabaseSync(join(dir, 'trainyard.db'), { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    return tables.flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM ${name}`)
        .all()
        .map((row) => `${name}: ${JSON.stringify(row)}`)
        .filter((row) => row.includes(text)),
    );
  } finally {
    database.close();
  }
}
