/** The events about a batch prediction: the bodies of the webhooks of the same names. */
import { type DomainEvent, domainEvent } from '../events/event.ts';
import type { Batch } from './record.ts';

/** For one that became `completed`, `failed` or `cancelled` at `at` (RFC 3339). */
export function batchEnded(of: Batch & { readonly status: BatchEnding }, at: string): DomainEvent {
  return domainEvent(`prediction.batch.${of.status}`, of.account_id, at, {
    batch_id: of.id,
    status: of.status,
    model_id: of.model_id,
    model_name: of.model_name,
    version: of.model_version,
    dataset_id: of.dataset_id,
    rows: of.rows,
    ...(of.failure === undefined ? {} : { error: of.failure }),
    ...(of.file_size === undefined ? {} : { file_size: of.file_size }),
  });
}

export type BatchEnding = Extract<Batch['status'], 'completed' | 'failed' | 'cancelled'>;
