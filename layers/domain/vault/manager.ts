/** A manager: a vault of models with its own configuration. */
import { z } from 'zod';
import { pathBelow } from './names.ts';

export const TASK_TYPES = ['regression', 'classification', 'clustering', 'anomaly_detection'] as const;
export const ALGORITHM_NAMES = ['AES-256-GCM', 'ChaCha20Poly1305'] as const;

export const DEFAULT_RETENTION_DAYS = 30;
export const DEFAULT_DRILL_HOURS = 168;

/** As the document names it. `key_iterations` and the others of key derivation are bounded where a key is derived. */
export const managerConfig = z.strictObject({
  model_path: pathBelow,
  task_type: z.enum(TASK_TYPES),
  enable_encryption: z.boolean(),
  key_iterations: z.int(),
  hash_algorithm: z.string().max(32),
  use_scrypt: z.boolean(),
  enable_quantization: z.boolean(),
  primary_metric: z.string().min(1).max(128),
  encryption_algorithm: z.enum(ALGORITHM_NAMES),
  custom_key_derivation: z
    .strictObject({
      algorithm: z.literal('Argon2'),
      memory_cost: z.int().optional(),
      time_cost: z.int().optional(),
      parallelism: z.int().optional(),
    })
    .optional(),
  block_unsafe_artifacts: z.boolean(),
  backup_enabled: z.boolean(),
  backup_interval_hours: z.number().min(0.25).max(8760),
  backup_retention_days: z.int().min(1).max(3650),
  /** 0: none. Managers of earlier versions have the default. */
  restore_drill_interval_hours: z.number().min(0).max(8760).default(DEFAULT_DRILL_HOURS),
});
export type ManagerConfig = z.infer<typeof managerConfig>;

/** As it is stored: an earlier version took any text from the environment as the path. */
export const storedConfig = managerConfig.extend({ model_path: z.string() });

/** The metric by which models are ranked where nobody says another. */
export const PRIMARY_METRICS: Readonly<Record<(typeof TASK_TYPES)[number], string>> = {
  regression: 'mse',
  classification: 'accuracy',
  clustering: 'silhouette_score',
  anomaly_detection: 'f1_score',
};

/** An earlier version restored models whose sizes were made up: their sum must not stand against deleting them. */
const sumOfBytes = z.number().transform((bytes) => Math.min(Math.max(0, Math.trunc(bytes)), Number.MAX_SAFE_INTEGER));

export const manager = z.object({
  id: z.string(),
  account_id: z.string(),
  /** The partition of its records: another one each time that a manager of this id is created. */
  vault: z.string(),
  config: storedConfig,
  created_at: z.string(),
  models: z.int().default(0),
  /** Of the models as they were saved. */
  bytes: sumOfBytes.default(0),
  /** Of the earlier revisions that are still kept, as they were saved. Those of earlier versions were not counted. */
  revision_bytes: sumOfBytes.default(0),
  encrypted: z.int().default(0),
  compressed: z.int().default(0),
  /** How often its models were saved, changed or deleted. */
  changes: z.int().default(0),
  /** Models of the platform that were made of its models. */
  served: z.int().default(0),
  last_backup: z.string().optional(),
  last_key_rotation: z.string().optional(),
});
export type Manager = z.infer<typeof manager>;

/** What identifies a manager and its records. */
export type ManagerRef = Pick<Manager, 'id' | 'account_id' | 'vault'>;
