/** The sweep of batch predictions: repairs those whose message or worker was lost. */
import { publishEvent } from '#domain/events/outbox.ts';
import { keys } from '#domain/keys.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isActive, isBeingMade, isUsedUp, usedUpFailure } from '#domain/predictions/attempts.ts';
import { failBatch } from '#domain/predictions/endings.ts';
import { listActiveBatches } from '#domain/predictions/read.ts';
import type { Batch, BatchFailure } from '#domain/predictions/record.ts';
import { isResendDue, noteResend } from '#domain/resent.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';

/** Milliseconds. */
export interface BatchThresholds {
  /** One to which nothing happened for so long has lost its message, which is sent again, later each time. */
  readonly waiting: number;
  /** One that is active for so long, although its message was sent again and again, fails. */
  readonly unmade: number;
}

type BatchesContext = Pick<Adapters, 'table' | 'queues' | 'events' | 'now'> & { readonly logger: Log };

export async function sweepBatches(context: BatchesContext, thresholds: BatchThresholds): Promise<void> {
  for (const batch of await listActiveBatches(context.table)) {
    if (isBeingMade(batch, context.now())) continue;
    const done = await sweepBatch(context, batch, thresholds);
    if (done) context.logger.warn('swept a batch prediction', { batch_id: batch.id, done });
  }
}

async function sweepBatch(context: BatchesContext, batch: Batch, { waiting, unmade }: BatchThresholds) {
  const { table, queues, now } = context;
  const { account_id, id, created_at, worker_until } = batch;
  if (isUsedUp(batch)) return fail(context, batch, usedUpFailure(batch));
  if (now() - Date.parse(created_at) >= unmade) {
    return fail(context, batch, { message: 'The predictions could not be made within a day', details: [] });
  }
  if (!isResendDue(batch, Date.parse(worker_until ?? created_at), now(), waiting)) return undefined;
  await send(queues.predictions, { account_id, batch_id: id });
  await noteResend(table, keys.batch(account_id, id), batch, now(), isActive);
  return 'sent its message again';
}

async function fail({ table, events, now, logger }: BatchesContext, batch: Batch, failure: BatchFailure) {
  const event = await failBatch(table, batch, failure, isoTime(now()));
  if (!event) return 'nothing: it was settled just now';
  await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
  return 'failed it';
}
