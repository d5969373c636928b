/**
 * Every key shape of the table, in one place.
 *
 * | What | pk | sk | index |
 * | --- | --- | --- | --- |
 * | Account | `ACCOUNT#id` | `ACCOUNT` | `CLOSED` while it is being deleted |
 * | User of an account | `ACCOUNT#id` | `USER#id` | |
 * | Invitation, and by its token | `ACCOUNT#id`, `INVITATION#sha256` | `INVITATION#id`, `INVITATION` | |
 * | API key, and by what it is | `ACCOUNT#id`, `APIKEY#sha256` | `APIKEY#id`, `APIKEY` | |
 * | Taken username, taken e-mail | `USERNAME#…`, `EMAIL#…` | `TAKEN` | |
 * | Account of the operator of a machine | `OPERATOR` | `OPERATOR` | |
 * | What all accounts together store, their active jobs | `INSTALLATION` | `STORAGE`, `JOBS` | |
 * | Session | `ACCOUNT#id` | `SESSION#id` | |
 * | Refresh token | `REFRESH#sha256` | `REFRESH` | |
 * | Counter of requests of an address, of failed logins | `RATE#…` | `RATE` | |
 * | Calls of an account, by the hour of a day | `ACCOUNT#id#USAGE` | `CALLS#2026-01-31` | |
 * | What an account used in a month | `ACCOUNT#id#USAGE` | `MONTH#2026-01` | |
 * | Dataset | `ACCOUNT#id` | `DATASET#id` | `PROCESSING` while it is processing |
 * | Latest version of a dataset's name | `ACCOUNT#id` | `DATASETNAME#name` | |
 * | Slot of a file that is being read | `ACCOUNT#id` | `READING#slot` | |
 * | File of training texts, by its name | `ACCOUNT#id` | `TRAININGDATA#name` | |
 * | Pretrained encoder that was uploaded | `ACCOUNT#id` | `ENCODER#name` | |
 * | Upload in parts of a dataset, of a model of others | `ACCOUNT#id` | `UPLOAD#id`, `MODELUPLOAD#id` | |
 * | Job | `ACCOUNT#id` | `JOB#id` | `ACTIVE` while it is active, then `ENDED`, by when |
 * | Job that waits for a dataset | `ACCOUNT#id` | `WAITING#dataset#job` | |
 * | Chunk of a job's log | `ACCOUNT#id#LOGS` | `job#attempt#run#chunk` | |
 * | Place of an open stream of events | `ACCOUNT#id` | `STREAM#number` | |
 * | Model | `ACCOUNT#id` | `MODEL#id` | |
 * | Batch prediction | `ACCOUNT#id` | `BATCH#id` | `BATCHES` while it is active, then `ENDEDBATCHES`, by when |
 * | File of a model's log of predictions, what it logged on a day | `ACCOUNT#id#PREDICTIONS` | `FILE#model#prediction#file`, `DAY#model#day` | |
 * | When a model is compared with its log next | `ACCOUNT#id#PREDICTIONS` | `DRIFT#model` | `DRIFT`, by when |
 * | Feedback on a prediction | `ACCOUNT#id#PREDICTIONS` | `FEEDBACK#model#prediction#row` | |
 * | Sweep of hyperparameters | `ACCOUNT#id` | `SWEEP#id` | `SWEEPS` while it is running, then `ENDEDSWEEPS`, by when |
 * | Model by its number | `ACCOUNT#id` | `MODELNUMBER#n` | |
 * | How far the models of earlier builds can be looked up | `ACCOUNT#id` | `MODELLOOKUPS` | |
 * | Version, alias of a model's name | `ACCOUNT#id#NAME#name` | `VERSION#…`, in order; `ALIAS#alias` | |
 * | Response to a request with an idempotency key | `ACCOUNT#id` | `IDEMPOTENCY#sha256` | |
 * | Lineage of a model's versions | `ACCOUNT#id` | `LINEAGE#name` | |
 * | That the lists of a kind of record are complete | `ACCOUNT#id` | `LISTS#MODELS` | |
 * | A list that exists | `ACCOUNT#id` | `LIST#MODELS#sort#part` | |
 * | Entry of a list | `ACCOUNT#id#LIST#MODELS#sort#part` | `E#position` | |
 * | Bucket of a list | `ACCOUNT#id#LIST#MODELS#sort#part` | `B#position` | |
 * | Webhook | `ACCOUNT#id` | `WEBHOOK#id` | |
 * | Delivery of an event to a webhook | `ACCOUNT#id#DELIVERIES` | `webhook#event` | `WEBHOOKS` while it is pending |
 * | Event of an account with webhooks, for replays | `ACCOUNT#id#EVENTS` | `EVENT#id` | |
 * | Manager of the vault | `ACCOUNT#id#VAULT` | `MANAGER#id` | `VAULTBACKUPS`, by when its next backup is due |
 * | Deleted manager whose records are still being deleted | `ACCOUNT#id#VAULT` | `DELETED#vault` | `VAULTDELETED` |
 * | That a manager of this id has or had an audit trail and backups | `ACCOUNT#id#VAULT` | `KNOWN#id` | |
 * | Model of a manager, an earlier revision | `ACCOUNT#id#VAULT#vault` | `MODEL#name`, `REVISION#name#id` | |
 * | Upload in parts of a model, or of a backup's archive | `ACCOUNT#id#VAULT#vault` | `UPLOAD#id`, `ARCHIVE#id` | `VAULTUPLOADS`, by when it expires |
 * | A file that is staged for downloads | `ACCOUNT#id#VAULT#vault` | `DOWNLOAD#revision#variant` | |
 * | Models of the platform that were made of one of the vault | `ACCOUNT#id#VAULT#vault` | `SERVED#name` | |
 * | That a model was found to be damaged | `ACCOUNT#id#VAULT#vault` | `DAMAGE#name` | |
 * | How often a model was accessed | `ACCOUNT#id#VAULT#vault` | `ACCESS#name` | |
 * | Active version of a family of models | `ACCOUNT#id#VAULT#vault` | `ACTIVE#family` | |
 * | Which rotation of a manager's passwords was begun last | `ACCOUNT#id#VAULT#vault` | `ROTATION` | |
 * | Measured operations of a manager | `ACCOUNT#id#VAULT#vault` | `OPERATIONS` | |
 * | Entry of a manager's audit trail, and its last | `ACCOUNT#id#VAULTAUDIT#manager` | `ENTRY#number`, `HEAD` | |
 * | Calls of a manager, of an hour and a caller, that were beyond the limit | `ACCOUNT#id#VAULTAUDIT#manager` | `REFUSED#hour#caller` | `VAULTREFUSED`, by the end of the hour |
 * | Backup of a manager | `ACCOUNT#id#VAULTBACKUPS#manager` | `BACKUP#name` | `VAULTSTARTED` until it is complete; `VAULTEXPIRING` |
 * | Backup whose files are still being deleted | `ACCOUNT#id#VAULTBACKUPS#manager` | `DROPPED#id` | `VAULTDROPPED` |
 * | Copy in backups of a file that is stored plainly | `ACCOUNT#id#VAULTBACKUPS#manager` | `SEALED#holder#file` | |
 * | That the second location has to be brought up to date | `ACCOUNT#id#VAULTBACKUPS#manager` | `COPIES` | `VAULTCOPIES` |
 * | File that backups hold, and that one of them does | `ACCOUNT#id#VAULTBACKUPS#manager` | `CONTENT#sha256`, `HELD#backup#sha256` | |
 * | Notice to an account | `ACCOUNT#id` | `NOTICE#id` | |
 * | Since when a version is deployed, in the cloud | `DEPLOYMENT#version` | `DEPLOYMENT` | |
 * | Entry of the catalog | `ACCOUNT#id#CATALOG` | `ENTRY#n`, in order | |
 * | Taken `model_id` of the catalog | `ACCOUNT#id#CATALOG` | `MODELID#…` | |
 * | Change of an entry | `ACCOUNT#id#CATALOG` | `CHANGE#n#version`, in order | |
 * | The last number of an entry | `ACCOUNT#id#CATALOG` | `NUMBERS` | |
 * | Token of a completed transaction, in the cloud | `TOKEN#…` | `TOKEN` | |
 * | Pretrained encoder, of all accounts | `ENCODER#name` | `ENCODER` | |
 * | Compute task, in the cloud | `TASK#id` | `TASK` | |
 * | Orphaned blobs | `GARBAGE#bucket#prefix` | `GARBAGE` | `GARBAGE`, by time |
 * | Event not published yet | `EVENT#id` | `EVENT` | `OUTBOX`, by time; `BURIED` once dead-lettered |
 *
 * A new kind of record also needs a line in `accounts/deletion/belongings.ts`, unless it is in an account's own
 * partition: what is not there stays when its account is deleted.
 */
import type { Key } from './ports/table/port.ts';

export const keys = {
  account: (id: string): Key => ({ pk: `ACCOUNT#${id}`, sk: 'ACCOUNT' }),
  username: (username: string): Key => ({ pk: `USERNAME#${fold(username)}`, sk: 'TAKEN' }),
  email: (email: string): Key => ({ pk: `EMAIL#${fold(email)}`, sk: 'TAKEN' }),
  user: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `USER#${id}` }),
  invitation: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `INVITATION#${id}` }),
  invitationToken: (sha256: string): Key => ({ pk: `INVITATION#${sha256}`, sk: 'INVITATION' }),
  apiKey: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `APIKEY#${id}` }),
  apiKeySecret: (sha256: string): Key => ({ pk: `APIKEY#${sha256}`, sk: 'APIKEY' }),
  installationStorage: (): Key => ({ pk: 'INSTALLATION', sk: 'STORAGE' }),
  installationJobs: (): Key => ({ pk: 'INSTALLATION', sk: 'JOBS' }),
  operator: (): Key => ({ pk: 'OPERATOR', sk: 'OPERATOR' }),
  session: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `SESSION#${id}` }),
  refreshToken: (sha256: string): Key => ({ pk: `REFRESH#${sha256}`, sk: 'REFRESH' }),
  rate: (what: string): Key => ({ pk: `RATE#${what}`, sk: 'RATE' }),
  calls: (accountId: string, day: string): Key => ({ pk: `ACCOUNT#${accountId}#USAGE`, sk: `CALLS#${day}` }),
  monthUsage: (accountId: string, month: string): Key => ({ pk: `ACCOUNT#${accountId}#USAGE`, sk: `MONTH#${month}` }),
  dataset: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `DATASET#${id}` }),
  datasetName: (accountId: string, name: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `DATASETNAME#${name}` }),
  readingSlot: (accountId: string, slot: number): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `READING#${slot}` }),
  trainingData: (accountId: string, name: string): Key => ({
    pk: `ACCOUNT#${accountId}`,
    sk: `${prefixes.trainingData}${name}`,
  }),
  upload: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `UPLOAD#${id}` }),
  modelUpload: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `MODELUPLOAD#${id}` }),
  job: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `JOB#${id}` }),
  waitingJob: (accountId: string, datasetId: string, jobId: string): Key => ({
    pk: `ACCOUNT#${accountId}`,
    sk: `WAITING#${datasetId}#${jobId}`,
  }),
  jobLog: (accountId: string, id: string, place: string): Key => ({
    pk: `ACCOUNT#${accountId}#LOGS`,
    sk: `${id}#${place}`,
  }),
  stream: (accountId: string, place: number): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `STREAM#${place}` }),
  model: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `MODEL#${id}` }),
  sweep: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `SWEEP#${id}` }),
  batch: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `BATCH#${id}` }),
  logFile: (accountId: string, modelId: string, last: string, id: string): Key =>
    inLog(accountId, `${prefixes.logFiles(modelId)}${last}#${id}`),
  logDay: (accountId: string, modelId: string, day: string): Key =>
    inLog(accountId, `${prefixes.logDays(modelId)}${day}`),
  driftCheck: (accountId: string, modelId: string): Key => inLog(accountId, `DRIFT#${modelId}`),
  feedback: (accountId: string, modelId: string, prediction: string, row: number): Key =>
    inLog(accountId, `${prefixes.feedback(modelId)}${prediction}#${String(row).padStart(5, '0')}`),
  modelNumber: (accountId: string, n: number): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `MODELNUMBER#${n}` }),
  modelLookups: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'MODELLOOKUPS' }),
  modelVersion: (accountId: string, name: string, version: string): Key => ({
    pk: `ACCOUNT#${accountId}#NAME#${name}`,
    sk: `${prefixes.versions}${ordered(version)}`,
  }),
  modelAlias: (accountId: string, name: string, alias: string): Key => ({
    pk: `ACCOUNT#${accountId}#NAME#${name}`,
    sk: `${prefixes.aliases}${alias}`,
  }),
  lineage: (accountId: string, name: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `LINEAGE#${name}` }),
  idempotency: (accountId: string, sha256: string): Key => ({
    pk: `ACCOUNT#${accountId}`,
    sk: `IDEMPOTENCY#${sha256}`,
  }),
  listsComplete: (accountId: string, kind: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `LISTS#${kind}` }),
  list: (accountId: string, name: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `LIST#${name}` }),
  listEntry: (partition: string, position: string): Key => ({ pk: partition, sk: `E#${position}` }),
  listBucket: (partition: string, first: string): Key => ({ pk: partition, sk: `B#${first}` }),
  webhook: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `WEBHOOK#${id}` }),
  delivery: (accountId: string, webhookId: string, eventId: string): Key => ({
    pk: `ACCOUNT#${accountId}#DELIVERIES`,
    sk: `${webhookId}#${eventId}`,
  }),
  loggedEvent: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}#EVENTS`, sk: `EVENT#${id}` }),
  notice: (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `NOTICE#${id}` }),
  vaultManager: (accountId: string, id: string): Key => amongManagers(accountId, `${prefixes.vaultManagers}${id}`),
  vaultKnown: (accountId: string, id: string): Key => amongManagers(accountId, `${prefixes.vaultKnown}${id}`),
  vaultDeleted: (accountId: string, vault: string): Key => amongManagers(accountId, `${prefixes.vaultDeleted}${vault}`),
  vaultModel: (accountId: string, vault: string, name: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultModels}${name}`),
  vaultRevision: (accountId: string, vault: string, name: string, revision: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultRevisions(name)}${revision}`),
  vaultUpload: (accountId: string, vault: string, id: string): Key => inVault(accountId, vault, `UPLOAD#${id}`),
  vaultArchiveUpload: (accountId: string, vault: string, id: string): Key => inVault(accountId, vault, `ARCHIVE#${id}`),
  vaultDownload: (accountId: string, vault: string, revision: string, variant: string): Key =>
    inVault(accountId, vault, `DOWNLOAD#${revision}#${variant}`),
  vaultAccess: (accountId: string, vault: string, name: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultAccesses}${name}`),
  vaultDamage: (accountId: string, vault: string, name: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultDamages}${name}`),
  vaultServed: (accountId: string, vault: string, name: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultServed}${name}`),
  vaultActive: (accountId: string, vault: string, family: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultActives}${family}`),
  vaultJob: (accountId: string, vault: string, kind: string, fingerprint: string): Key =>
    inVault(accountId, vault, `${prefixes.vaultJobs}${kind}#${fingerprint}`),
  vaultRotation: (accountId: string, vault: string): Key => inVault(accountId, vault, 'ROTATION'),
  vaultRotationLease: (accountId: string, vault: string): Key => inVault(accountId, vault, 'ROTATING'),
  vaultOperations: (accountId: string, vault: string): Key => inVault(accountId, vault, 'OPERATIONS'),
  vaultAuditEntry: (accountId: string, managerId: string, seq: number): Key =>
    inTrail(accountId, managerId, `${prefixes.auditEntries}${String(seq).padStart(12, '0')}`),
  vaultRefusedCalls: (accountId: string, managerId: string, hour: string, caller: string): Key =>
    inTrail(accountId, managerId, `REFUSED#${hour}#${caller}`),
  vaultAuditHead: (accountId: string, managerId: string): Key => inTrail(accountId, managerId, 'HEAD'),
  vaultBackup: (accountId: string, managerId: string, name: string): Key =>
    inBackups(accountId, managerId, `${prefixes.vaultBackups}${name}`),
  vaultDroppedBackup: (accountId: string, managerId: string, id: string): Key =>
    inBackups(accountId, managerId, `DROPPED#${id}`),
  vaultContent: (accountId: string, managerId: string, sha256: string): Key =>
    inBackups(accountId, managerId, `${prefixes.vaultContents}${sha256}`),
  vaultHeld: (accountId: string, managerId: string, backupId: string, sha256: string): Key =>
    inBackups(accountId, managerId, `${prefixes.vaultHeld(backupId)}${sha256}`),
  vaultSealed: (accountId: string, managerId: string, holder: string, file: string): Key =>
    inBackups(accountId, managerId, `${prefixes.vaultSealed(holder)}${file}`),
  vaultCopies: (accountId: string, managerId: string): Key => inBackups(accountId, managerId, 'COPIES'),
  vaultDrill: (accountId: string, managerId: string): Key => inBackups(accountId, managerId, 'DRILL'),
  deployment: (version: string): Key => ({ pk: `DEPLOYMENT#${version}`, sk: 'DEPLOYMENT' }),
  encoder: (name: string): Key => ({ pk: `ENCODER#${name}`, sk: 'ENCODER' }),
  uploadedEncoder: (accountId: string, name: string): Key => ({
    pk: `ACCOUNT#${accountId}`,
    sk: `${prefixes.uploadedEncoder}${name}`,
  }),
  catalogEntry: (accountId: string, n: number): Key => ({
    pk: `ACCOUNT#${accountId}#CATALOG`,
    sk: `${prefixes.catalogEntries}${padded(n)}`,
  }),
  catalogModelId: (accountId: string, modelId: string): Key => ({
    pk: `ACCOUNT#${accountId}#CATALOG`,
    sk: `MODELID#${modelId.normalize('NFC')}`,
  }),
  catalogChange: (accountId: string, n: number, version: number): Key => ({
    pk: `ACCOUNT#${accountId}#CATALOG`,
    sk: `${prefixes.catalogChanges(n)}${padded(version)}`,
  }),
  catalogNumbers: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}#CATALOG`, sk: 'NUMBERS' }),
  task: (id: string): Key => ({ pk: `TASK#${id}`, sk: 'TASK' }),
  orphans: (bucket: string, prefix: string): Key => ({ pk: `GARBAGE#${bucket}#${prefix}`, sk: 'GARBAGE' }),
  event: (id: string): Key => ({ pk: `EVENT#${id}`, sk: 'EVENT' }),
} as const;

function inLog(accountId: string, sk: string): Key {
  return { pk: `ACCOUNT#${accountId}#PREDICTIONS`, sk };
}

function amongManagers(accountId: string, sk: string): Key {
  return { pk: `ACCOUNT#${accountId}#VAULT`, sk };
}

function inVault(accountId: string, vault: string, sk: string): Key {
  return { pk: vaultPartition(accountId, vault), sk };
}

function inTrail(accountId: string, managerId: string, sk: string): Key {
  return { pk: `ACCOUNT#${accountId}#VAULTAUDIT#${managerId}`, sk };
}

function inBackups(accountId: string, managerId: string, sk: string): Key {
  return { pk: `ACCOUNT#${accountId}#VAULTBACKUPS#${managerId}`, sk };
}

/** Prefixes of sort keys within an account's partition. */
export const prefixes = {
  datasets: 'DATASET#',
  trainingData: 'TRAININGDATA#',
  uploadedEncoder: 'ENCODER#',
  jobs: 'JOB#',
  models: 'MODEL#',
  batches: 'BATCH#',
  sweeps: 'SWEEP#',
  /** Of a model, below the log of predictions. */
  logFiles: (modelId: string) => `FILE#${modelId}#`,
  logDays: (modelId: string) => `DAY#${modelId}#`,
  feedback: (modelId: string) => `FEEDBACK#${modelId}#`,
  sessions: 'SESSION#',
  users: 'USER#',
  invitations: 'INVITATION#',
  apiKeys: 'APIKEY#',
  /** Below a model's name. */
  versions: 'VERSION#',
  aliases: 'ALIAS#',
  lists: 'LIST#',
  listsComplete: 'LISTS#',
  webhooks: 'WEBHOOK#',
  notices: 'NOTICE#',
  vaultManagers: 'MANAGER#',
  vaultKnown: 'KNOWN#',
  vaultDeleted: 'DELETED#',
  /** Below a manager of the vault. */
  vaultModels: 'MODEL#',
  vaultJobs: 'JOB#',
  vaultAccesses: 'ACCESS#',
  vaultDamages: 'DAMAGE#',
  vaultServed: 'SERVED#',
  vaultActives: 'ACTIVE#',
  vaultRevisions: (name: string) => `REVISION#${name}#`,
  auditEntries: 'ENTRY#',
  vaultBackups: 'BACKUP#',
  vaultContents: 'CONTENT#',
  vaultHeld: (backupId: string) => `HELD#${backupId}#`,
  vaultSealed: (holder: string) => `SEALED#${holder}#`,
  uploads: 'UPLOAD#',
  lineages: 'LINEAGE#',
  /** Below the catalog of an account. */
  catalogEntries: 'ENTRY#',
  catalogChanges: (n: number) => `CHANGE#${padded(n)}#`,
  waitingJobs: (datasetId: string) => `WAITING#${datasetId}#`,
} as const;

/** A number below 10^15 as text that sorts as numbers do. */
const padded = (n: number): string => String(n).padStart(15, '0');

/** A semantic version as text that sorts as versions do. */
const ordered = (version: string): string =>
  version
    .split('.')
    .map((part) => part.padStart(8, '0'))
    .join('.');

/** The partition of a list; `name` as in `keys.list`. */
export const listPartition = (accountId: string, name: string): string => `ACCOUNT#${accountId}#LIST#${name}`;

/** The partition of a manager's records. `vault` is another one each time that a manager of that id is created. */
export const vaultPartition = (accountId: string, vault: string): string => `ACCOUNT#${accountId}#VAULT#${vault}`;

/** Partitions of the sparse index. Their stored names are older than the names in the code. */
export const indexes = {
  processing: 'PROCESSING',
  active: 'ACTIVE',
  endedJobs: 'ENDED',
  endedBatches: 'ENDEDBATCHES',
  endedSweeps: 'ENDEDSWEEPS',
  activeBatches: 'BATCHES',
  runningSweeps: 'SWEEPS',
  orphans: 'GARBAGE',
  outbox: 'OUTBOX',
  deadLettered: 'BURIED',
  pendingDeliveries: 'WEBHOOKS',
  dueBackups: 'VAULTBACKUPS',
  vaultJobs: 'VAULTJOBS',
  vaultUploads: 'VAULTUPLOADS',
  vaultCopies: 'VAULTCOPIES',
  refusedCalls: 'VAULTREFUSED',
  dueDrills: 'VAULTDRILLS',
  deletedVaults: 'VAULTDELETED',
  startedBackups: 'VAULTSTARTED',
  expiringBackups: 'VAULTEXPIRING',
  droppedBackups: 'VAULTDROPPED',
  closedAccounts: 'CLOSED',
  driftChecks: 'DRIFT',
} as const;

/** The form in which names are compared: case and Unicode composition do not matter. */
export const fold = (name: string): string => name.normalize('NFKC').toLowerCase();

/** The partition of a name's versions and aliases. */
export const namePartition = (accountId: string, name: string): string => keys.modelAlias(accountId, name, '').pk;
