/** The events about a model: the bodies of the webhooks of the same names. `at` (RFC 3339) is when it happened. */
import { type DomainEvent, domainEvent } from '../events/event.ts';
import type { EventType } from '../events/types.ts';
import type { Json } from '../ports/table/port.ts';
import type { Model } from './record.ts';

/** What names a model. */
export type ModelName = Pick<Model, 'id' | 'account_id' | 'number' | 'name' | 'version' | 'model_type'>;

const event = (
  type: EventType,
  of: ModelName,
  at: string,
  detail: { readonly [name: string]: Json } = {},
): DomainEvent =>
  domainEvent(type, of.account_id, at, {
    model_id: of.id,
    number: of.number,
    model_name: of.name,
    version: of.version,
    model_type: of.model_type,
    ...detail,
  });

/** An alias of a model's name, and the version that it named before; absent if it is new. */
export interface AliasMove {
  readonly alias: string;
  readonly previous?: Pick<Model, 'id' | 'version'>;
}

export interface RemovedAlias {
  readonly name: string;
  readonly alias: string;
  /** What it named. */
  readonly model_id: string;
  readonly version: string;
}

interface Drifted {
  readonly name: string;
  /** The population stability index. */
  readonly psi: number;
}

export interface DriftFound {
  /** RFC 3339. */
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  /** What the index of each is above. */
  readonly threshold: number;
  readonly features: readonly Drifted[];
  readonly predictions: readonly Drifted[];
}

const ALIAS_MOVED = 'model.alias.moved' satisfies EventType;

export const modelEvents = {
  created: (model: Model, at: string) =>
    event('model.created', model, at, {
      version_reason: model.version_reason ?? null,
      job_id: model.job_id ?? null,
      dataset_id: model.dataset_id ?? null,
      ...model.performance,
      metrics: model.final_metrics,
    }),
  deleted: (model: ModelName, at: string) => event('model.deleted', model, at),
  /** What was logged of it is far from what it was trained on, or what it answers from what it answered before. */
  drift: (model: ModelName, found: DriftFound, at: string) =>
    event('model.drift', model, at, {
      ...{ from: found.from, to: found.to, rows: found.rows, threshold: found.threshold },
      features: found.features.map(({ name, psi }) => ({ name, psi })),
      predictions: found.predictions.map(({ name, psi }) => ({ name, psi })),
    }),
  /** The alias names `model` now. */
  aliasMoved: (model: ModelName, { alias, previous }: AliasMove, at: string) =>
    event(ALIAS_MOVED, model, at, {
      alias,
      previous_model_id: previous?.id ?? null,
      previous_version: previous?.version ?? null,
    }),
  /** The alias names nothing any more. */
  aliasRemoved: (account: string, { name, alias, model_id, version }: RemovedAlias, at: string) =>
    domainEvent(ALIAS_MOVED, account, at, {
      ...{ model_id: null, number: null, model_name: name, version: null, model_type: null },
      ...{ alias, previous_model_id: model_id, previous_version: version },
    }),
} as const;
