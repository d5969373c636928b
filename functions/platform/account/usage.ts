import { z } from 'zod';
import { readUsage, type Usage } from '#domain/accounts/usage/read.ts';
import { totalBytes } from '#domain/accounts/usage/storage.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { readVaultBytes, type VaultBytes } from '#domain/vault/stored-bytes.ts';
import { route } from '#functions/http/route.ts';
import { time } from '../fields.ts';

const month = z
  .string()
  .regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-01')
  .meta({ example: '2026-01' });

const query = z.strictObject({
  period: month.optional().meta({ description: 'A month, in UTC. Default: this one, up to now' }),
});

const count = z.int().min(0);

/** What is in use now, and how much may be. */
const bounded = z.strictObject({ used: count, limit: count }).meta({ id: 'UsageAndLimit' });

const answer = z
  .strictObject({
    period: month,
    from: time,
    to: time.meta({ description: 'The end of the period, or now' }),
    calls: z.strictObject({
      total: count.meta({ description: 'In the period, those that were refused for the rate limit included' }),
      this_hour: bounded,
    }),
    jobs: z
      .strictObject({ completed: count, failed: count, stopped: count, active: bounded })
      .meta({ description: 'Those that ended in the period, and those that are queued or running now' }),
    compute: z
      .strictObject({
        seconds: z.number().min(0),
        cost_usd: z.number().min(0).meta({ description: 'At list prices; 0 on your own machine' }),
        limit_usd: z.null().meta({ description: 'There is none for an account; a job may have one (`max_cost`)' }),
      })
      .meta({ description: 'Of the jobs that ended in the period: a job counts when it ends' }),
    storage: z
      .strictObject({
        datasets: count,
        dataset_bytes: count.nullable(),
        models: count,
        model_bytes: count.nullable(),
        prediction_bytes: count.meta({ description: 'Of the files of batch predictions' }),
        log_bytes: count.meta({ description: 'Of the logs of predictions' }),
        encoder_bytes: count.meta({ description: 'Of encoders that were uploaded to the training service' }),
        vault_bytes: count.meta({ description: 'Of the models in vaults, as they were saved' }),
        vault_revision_bytes: count.meta({
          description: 'Of earlier revisions that are still kept, as they were saved',
        }),
        vault_backup_bytes: count.meta({ description: 'Of backups of vaults: each file once for each manager' }),
        total_bytes: count.nullable(),
        limit_bytes: count.nullable().meta({ description: 'null: there is none' }),
      })
      .meta({
        description:
          'Now: uploaded files, and the files of models, of batch predictions, of logs, of uploaded encoders and of vaults. Bytes are null if they could not be counted',
      }),
    users: bounded,
    api_keys: bounded,
    webhooks: bounded,
  })
  .meta({ id: 'AccountUsage' });

export const usage = route({
  method: 'GET',
  path: '/account/usage',
  summary: 'Get what this account uses, beside its limits',
  description:
    'Counts are exact, in the transactions that change what they count. What a training used is added when it ends.',
  tags: ['Account'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'Usage and limits', schema: answer } },
  async handler({ caller, query }, { adapters, settings }) {
    const now = adapters.now();
    const period = query.period ?? isoTime(now).slice(0, 7);
    const found = await readUsage(adapters.table, caller.accountId, period, now);
    const { vault_managers, has_vaults } = found.account;
    // Backups outlive their manager.
    const hasVaults = vault_managers > 0 || has_vaults;
    const vaults = hasVaults ? await readVaultBytes(adapters.table, caller.accountId) : NO_VAULTS;
    return { status: 200, body: show({ ...found, vaults }, { period, now }, settings) };
  },
});

const NO_VAULTS: VaultBytes = { models: 0, revisions: 0, backups: 0 };

function show(
  { account, calls, callsNow, month: used, vaults }: Usage & { readonly vaults: VaultBytes },
  { period, now }: { readonly period: string; readonly now: number },
  { rates, caps }: Settings,
): z.input<typeof answer> {
  const from = `${period}-01T00:00:00.000Z`;
  const { compute_seconds, cost_usd, ...ended } = used;
  const { dataset_bytes, model_bytes, prediction_bytes, log_bytes, encoder_bytes, storage_counted: known } = account;
  return {
    period,
    from,
    to: isoTime(Math.max(Date.parse(from), Math.min(now, endOf(from)))),
    calls: { total: calls, this_hour: { used: callsNow, limit: rates.authenticatedPerHour } },
    jobs: { ...ended, active: { used: account.active_jobs, limit: caps.jobsPerAccount } },
    compute: { seconds: compute_seconds, cost_usd, limit_usd: null },
    storage: {
      datasets: account.datasets,
      dataset_bytes: known ? dataset_bytes : null,
      models: account.models,
      model_bytes: known ? model_bytes : null,
      prediction_bytes,
      log_bytes,
      encoder_bytes,
      vault_bytes: vaults.models,
      vault_revision_bytes: vaults.revisions,
      vault_backup_bytes: vaults.backups,
      total_bytes: known ? totalBytes(account) + vaults.models + vaults.revisions + vaults.backups : null,
      limit_bytes: caps.storedBytesPerAccount ?? null,
    },
    users: { used: account.users, limit: LIMITS.users },
    api_keys: { used: account.api_keys, limit: LIMITS.apiKeys },
    webhooks: { used: account.webhooks, limit: LIMITS.webhooks.count },
  };
}

/** The beginning of the next month, in epoch milliseconds. */
function endOf(from: string): number {
  const end = new Date(from);
  return end.setUTCMonth(end.getUTCMonth() + 1);
}
