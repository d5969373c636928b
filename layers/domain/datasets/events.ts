/** The events about a dataset: the bodies of the webhooks of the same names. */

import { type DomainEvent, domainEvent } from '../events/event.ts';
import type { Json } from '../ports/table/port.ts';
import type { Dataset } from './record.ts';

/** For a dataset that became `ready` or `failed` at `at` (RFC 3339): `dataset.processed`, or `dataset.failed`. */
export function datasetSettled(of: Dataset, at: string): DomainEvent {
  const { id, account_id, name, version, status, rows, columns, target, dataset_type, failure } = of;
  const found: { readonly [name: string]: Json } =
    status === 'ready'
      ? { rows: rows!, columns: columns!, target: target ?? null, dataset_type }
      : { error: failure ?? null };
  const type = status === 'ready' ? 'dataset.processed' : 'dataset.failed';
  // What an earlier build stored has no version until somebody asks for it.
  const body = { dataset_id: id, name, version: Math.max(1, version), status, ...found };
  return domainEvent(type, account_id, at, body);
}
