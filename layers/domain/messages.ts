/** The schemas of queue messages and of `compute.stopped`, shared by producers and consumers. */
import { z } from 'zod';
import type { Queue } from './ports/queue/port.ts';
import { loggedRow } from './prediction-log/record.ts';
import { isScheduled, JOB_KINDS } from './vault/jobs.ts';

export const datasetMessage = z.object({
  account_id: z.string(),
  dataset_id: z.string(),
  /** Whether its file was read while it arrived: then the profile lies beside it. */
  is_read: z.literal(true).exactOptional(),
});
export type DatasetMessage = z.infer<typeof datasetMessage>;

export const trainingMessage = z.object({ account_id: z.string(), job_id: z.string() });
export type TrainingMessage = z.infer<typeof trainingMessage>;

/** Queue `predictions`. */
export const batchMessage = z.object({ account_id: z.string(), batch_id: z.string() });
export type BatchMessage = z.infer<typeof batchMessage>;

/** Queue `logs`: what a request for predictions had, and what was answered. */
export const logMessage = z.object({
  account_id: z.string(),
  model_id: z.string(),
  prediction_id: z.string(),
  at: z.string(),
  rows: z.array(loggedRow.omit({ prediction_id: true, at: true })),
});
export type LogMessage = z.infer<typeof logMessage>;

/** Queue `vault`: a job to go on with. */
export const vaultMessage = z.object({
  account_id: z.string(),
  manager_id: z.string(),
  kind: z.enum(JOB_KINDS),
  fingerprint: z.string(),
});
export type VaultMessage = z.infer<typeof vaultMessage>;

/** Queue `encoders`: an encoder to load, and the job that waits for it, if one does. */
export const encoderMessage = z.object({ encoder: z.string(), job: trainingMessage.exactOptional() });
export type EncoderMessage = z.infer<typeof encoderMessage>;

/** Queue `webhooks`: one attempt at a delivery, or a part of a replay. */
export const webhookMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('deliver'),
    account_id: z.string(),
    webhook_id: z.string(),
    event_id: z.string(),
    /** The number of the attempt to make; the message of an earlier one is out of date. */
    attempt: z.int().positive(),
  }),
  z.object({
    kind: z.literal('replay'),
    account_id: z.string(),
    webhook_id: z.string(),
    /** RFC 3339, both inclusive. */
    from: z.string(),
    to: z.string(),
    cursor: z.string().exactOptional(),
  }),
]);
export type WebhookMessage = z.infer<typeof webhookMessage>;
export type DeliverMessage = Extract<WebhookMessage, { kind: 'deliver' }>;
export type ReplayMessage = Extract<WebhookMessage, { kind: 'replay' }>;

/** Of what schedules hand on for all accounts: however much that is, it does not keep what somebody asked for waiting. */
const SCHEDULE_GROUP = 'schedule';

/** Sends an account's message in the account's group, so that the queue is fair to other accounts. */
export async function send(
  queue: Pick<Queue, 'send'>,
  message: DatasetMessage | TrainingMessage | BatchMessage | LogMessage | VaultMessage | WebhookMessage,
  options: { readonly delaySeconds?: number } = {},
): Promise<void> {
  const group = 'fingerprint' in message && isScheduled(message.kind) ? SCHEDULE_GROUP : message.account_id;
  await queue.send(JSON.stringify(message), { ...options, group });
}

/** An encoder is loaded for all accounts, so its message is in no account's group. */
export async function sendEncoder(
  queue: Pick<Queue, 'send'>,
  message: EncoderMessage,
  options: { readonly delaySeconds?: number } = {},
): Promise<void> {
  await queue.send(JSON.stringify(message), options);
}

/** The reason with which a task is terminated that waited for a machine in vain. */
export const NO_MACHINE = 'no_machine';

/** The detail of `compute.stopped`; see the `Compute` port. */
export const computeStopped = z.object({
  task: z.string(),
  job_id: z.string(),
  attempt: z.number().int().positive(),
  exit_code: z.number().int().nullable(),
  reason: z.string(),
  /** For the job's owner: what to do about it. Set where another attempt would fail the same way. */
  failure: z.string().exactOptional(),
});
export type ComputeStopped = z.infer<typeof computeStopped>;
