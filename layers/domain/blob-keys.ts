/** The keys of a record's files in its bucket. */
export const blobKeys = {
  /** All of an account's, but for its checkpoints. */
  accountPrefix: (accountId: string) => `${accountId}/`,
  accountCheckpoints: (accountId: string) => `checkpoints/${accountId}/`,
  datasetPrefix: (accountId: string, id: string) => `${accountId}/${id}/`,
  datasetFile: (accountId: string, id: string) => `${accountId}/${id}/data`,
  /** Of a large table, as they were read: see `layers/learning/columns/`. */
  datasetColumns: (accountId: string, id: string) => `${accountId}/${id}/columns`,
  /** With what a reading of the file goes on that did not end in one go. */
  datasetCheckpoint: (accountId: string, id: string) => `${accountId}/${id}/checkpoint`,
  datasetProfile: (accountId: string, id: string) => `${accountId}/${id}/profile.json`,
  jobPrefix: (accountId: string, id: string) => `${accountId}/jobs/${id}/`,
  jobHistory: (accountId: string, id: string) => `${accountId}/jobs/${id}/history.json`,
  jobEvaluation: (accountId: string, id: string) => `${accountId}/jobs/${id}/evaluation.json`,
  /** Under a prefix of their own, because a bucket's lifecycle rules select by prefix. */
  checkpointPrefix: (accountId: string, jobId: string) => `checkpoints/${accountId}/${jobId}/`,
  checkpoint: (accountId: string, jobId: string) => `checkpoints/${accountId}/${jobId}/training.safetensors`,
  checkpointFolds: (accountId: string, jobId: string) => `checkpoints/${accountId}/${jobId}/folds.json`,
  modelPrefix: (accountId: string, id: string) => `${accountId}/models/${id}/`,
  /** Of a model's log of predictions: below the model, to be deleted with it. */
  logPrefix: (accountId: string, modelId: string, day: string) => `${accountId}/models/${modelId}/log/${day}/`,
  logFile: (accountId: string, modelId: string, day: string, id: string) =>
    `${accountId}/models/${modelId}/log/${day}/${id}.jsonl.gz`,
  batchPrefix: (accountId: string, id: string) => `${accountId}/predictions/${id}/`,
  batchFile: (accountId: string, id: string) => `${accountId}/predictions/${id}/predictions.csv`,
  /** Of all accounts. */
  encoderPrefix: (name: string) => `encoders/${name}/`,
  uploadedEncoderPrefix: (accountId: string, id: string) => `${accountId}/encoders/${id}/`,
  modelFile: (accountId: string, id: string, file: string) => `${accountId}/models/${id}/${file}`,
  /** Of a manager of the vault. */
  vaultsPrefix: (accountId: string, vault: string) => `${accountId}/vault/${vault}/`,
  /** Of one revision of a model in the vault. */
  vaultPrefix: (accountId: string, vault: string, revision: string) => `${accountId}/vault/${vault}/${revision}/`,
  vaultFile: (accountId: string, vault: string, revision: string) => `${accountId}/vault/${vault}/${revision}/data`,
  /** Its version with weights of 8 bits. */
  vaultInt8: (accountId: string, vault: string, revision: string) => `${accountId}/vault/${vault}/${revision}/int8`,
  /** A file in plain, on its way in or out: for an hour at most. */
  vaultStagedPrefix: (accountId: string, vault: string, id: string) => `${accountId}/vault/${vault}/staged/${id}/`,
  /** In the bucket of backups. */
  backupPrefix: (accountId: string, managerId: string, id: string) => `${accountId}/vault/${managerId}/backups/${id}/`,
  backupManifest: (accountId: string, managerId: string, id: string) =>
    `${accountId}/vault/${managerId}/backups/${id}/manifest`,
  /** Of all that a manager's backups have. */
  backupsPrefix: (accountId: string, managerId: string) => `${accountId}/vault/${managerId}/`,
  /** In the second location: what else a backup consists of. */
  backupRecord: (accountId: string, managerId: string, id: string) =>
    `${accountId}/vault/${managerId}/backups/${id}/record`,
  backupContentPrefix: (accountId: string, managerId: string, content: string) =>
    `${accountId}/vault/${managerId}/contents/${content}/`,
  /** The archive of a backup, on its way in or out: for an hour at most. */
  backupStagedPrefix: (accountId: string, managerId: string, id: string) =>
    `${accountId}/vault/${managerId}/archives/${id}/`,
  backupContent: (accountId: string, managerId: string, content: string) =>
    `${accountId}/vault/${managerId}/contents/${content}/data`,
} as const;

const RECORD = /^[^/]+\/vault\/[^/]+\/backups\/[^/]+\/record$/;

/** Whether a file of that key is the record of a backup, in a second location. */
export const isBackupRecord = (key: string): boolean => RECORD.test(key);

const STAGED = /^[^/]+\/vault\/[^/]+\/staged\//;

/** Whether a file of that key is a model in plain, on its way in or out of the vault. */
export const isStagedInPlain = (key: string): boolean => STAGED.test(key);
