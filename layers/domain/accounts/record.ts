import { z } from 'zod';

/** The tenant: every record belongs to an account. People act for it as its users, programs with its API keys. */
export const account = z.object({
  id: z.string(),
  created_at: z.string(),
  /** Jobs that are queued or running: the slots in use. */
  active_jobs: z.number().int().default(0),
  /** Likewise of batch predictions. */
  active_batches: z.number().int().default(0),
  datasets: z.number().int().default(0),
  models: z.number().int().default(0),
  /** The highest model number given out so far. */
  last_model_number: z.number().int().default(0),
  users: z.number().int().default(1),
  /** Users with the role `admin`; always at least one. */
  admins: z.number().int().default(1),
  api_keys: z.number().int().default(0),
  /** Of its files; `usage/storage.ts` describes this and the next five attributes. */
  dataset_bytes: z.number().int().default(0),
  model_bytes: z.number().int().default(0),
  /** Of the files of batch predictions, which all versions that make them count. */
  prediction_bytes: z.number().int().default(0),
  /** Of the files of the logs of predictions. */
  log_bytes: z.number().int().default(0),
  /** Of the encoders that were uploaded to the training service. */
  encoder_bytes: z.number().int().default(0),
  vault_managers: z.number().int().default(0),
  /** There is, or was, a manager of the vault: its backups may still be there. */
  has_vaults: z.boolean().default(false),
  storage_changes: z.number().int().optional(),
  storage_counted: z.boolean().default(false),
  webhooks: z.number().int().default(0),
  /** It is being deleted. */
  closed_at: z.string().optional(),
});
export type Account = z.infer<typeof account>;

/** The counters of a new account. */
export const NEW_ACCOUNT = {
  active_jobs: 0,
  datasets: 0,
  models: 0,
  last_model_number: 0,
  users: 1,
  admins: 1,
  api_keys: 0,
  dataset_bytes: 0,
  model_bytes: 0,
  storage_counted: true,
} as const;
