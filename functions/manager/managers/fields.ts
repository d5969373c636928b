import { z } from 'zod';
import type { Settings } from '#domain/settings.ts';
import type { ManagerConfig } from '#domain/vault/manager.ts';
import {
  DEFAULT_DRILL_HOURS,
  type Manager,
  managerConfig,
  PRIMARY_METRICS,
  storedConfig,
} from '#domain/vault/manager.ts';
import { DERIVATION_LIMITS } from '#vault/wrapping/derivation.ts';

const { memoryKiB, passes, parallelism } = DERIVATION_LIMITS.argon2id;
/** As the derivation itself bounds them. */
const within = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z.int().optional().meta({ minimum: min, maximum: max });

const custom_key_derivation = z
  .strictObject({
    algorithm: z.literal('Argon2'),
    memory_cost: within(memoryKiB),
    time_cost: within(passes),
    parallelism: within(parallelism),
  })
  .optional();

/** What a request may leave out has a default; the settings of the installation decide some of them. */
export const configRequest = managerConfig
  .partial()
  .extend({ custom_key_derivation })
  .meta({
    id: 'ManagerConfigRequest',
    example: {
      model_path: './models/production',
      task_type: 'classification',
      enable_encryption: true,
      use_scrypt: true,
      primary_metric: 'f1_score',
    },
  });

export const config = storedConfig.meta({ id: 'ManagerConfig' });

const DEFAULT_ITERATIONS = 210_000;

export function completeConfig(given: z.output<typeof configRequest>, { vault }: Settings): ManagerConfig {
  const { task_type = 'classification', custom_key_derivation, ...rest } = given;
  return {
    model_path: vault.modelPath,
    task_type,
    enable_encryption: vault.encryption,
    key_iterations: DEFAULT_ITERATIONS,
    hash_algorithm: 'sha512',
    use_scrypt: true,
    enable_quantization: false,
    primary_metric: PRIMARY_METRICS[task_type],
    encryption_algorithm: 'AES-256-GCM',
    block_unsafe_artifacts: false,
    backup_enabled: vault.backups,
    backup_interval_hours: vault.backupIntervalHours,
    backup_retention_days: vault.backupRetentionDays,
    restore_drill_interval_hours: DEFAULT_DRILL_HOURS,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ...(custom_key_derivation === undefined ? {} : { custom_key_derivation }),
  };
}

export const managerSummary = z
  .strictObject({
    manager_id: z.string().meta({ example: 'manager_prod' }),
    task_type: z.string().meta({ example: 'classification' }),
    model_count: z.int(),
    created_at: z.string(),
    encryption_enabled: z.boolean().meta({ description: 'An addition: false where its models are stored plainly' }),
  })
  .meta({ id: 'Manager' });

export const showManager = (of: Manager): z.input<typeof managerSummary> => ({
  manager_id: of.id,
  task_type: of.config.task_type,
  model_count: of.models,
  created_at: of.created_at,
  encryption_enabled: of.config.enable_encryption,
});
