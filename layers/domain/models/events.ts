/** The events about a model: the bodies of the webhooks of the same names. `at` (RFC 3339) is when it happened. */
import { type DomainEvent, domainEvent } from '../events/event.ts';
import type { Json } from '../ports/table/port.ts';
import type { Model } from './record.ts';

const event = (type: string, model: Model, at: string, detail: { readonly [name: string]: Json }): DomainEvent => {
  const { id, number, name, version } = model;
  return domainEvent(type, model.account_id, at, { model_id: id, number, name, version, ...detail });
};

export const modelEvents = {
  created: (model: Model, at: string) =>
    event('model.created', model, at, {
      version_reason: model.version_reason ?? null,
      model_type: model.model_type,
      job_id: model.job_id,
      dataset_id: model.dataset_id,
      metrics: { ...model.final_metrics, ...model.performance },
    }),
  deleted: (model: Model, at: string) => event('model.deleted', model, at, { model_type: model.model_type }),
  /** `to` is absent where the alias was removed, `from` where it is new. */
  aliasMoved: (
    account: string,
    of: { readonly name: string; readonly alias: string },
    { from, to }: { readonly from?: Pointer | undefined; readonly to?: Pointer },
    at: string,
  ) =>
    domainEvent('model.alias.moved', account, at, {
      ...{ name: of.name, alias: of.alias },
      ...{ model_id: to?.model_id ?? null, version: to?.version ?? null },
      ...{ previous_model_id: from?.model_id ?? null, previous_version: from?.version ?? null },
    }),
} as const;

/** The model that an alias points to. */
export interface Pointer {
  readonly model_id: string;
  readonly version: string;
}
