/** What the world is told about a dataset: the body of the webhook of the same name. */
import type { Dataset } from './datasets.ts';
import type { Json, OutgoingEvent } from './ports.ts';

/** Of a dataset that is `ready` or `failed`. */
export function datasetProcessed(of: Dataset): OutgoingEvent {
  const { id, account_id, name, status, rows, columns, target, dataset_type, failure } = of;
  const found: { readonly [name: string]: Json } =
    status === 'ready' ? { rows: rows!, columns: columns!, target: target!, dataset_type } : { error: failure ?? null };
  return { type: 'dataset.processed', account: account_id, detail: { dataset_id: id, name, status, ...found } };
}
