import { keys, prefixes } from '../keys.ts';
import { atLeast, atMost, before, type Given, since, startsWith } from '../lists/filters.ts';
import type { ListSpec } from '../lists/list.ts';
import { number, reverseTime, SEPARATOR, text, time } from '../lists/order.ts';
import { type RecordsPage, type RecordsWanted, readRecords } from '../lists/records.ts';
import type { Table } from '../ports/table/port.ts';
import { type Model, parseModel } from './record.ts';

export const MODEL_SORTS = ['created_at', 'accuracy', 'name'] as const;

const nameOf = ({ name }: Model) => name;
const createdAt = ({ created_at }: Model) => created_at;
/** Regressions have none. */
const accuracyOf = ({ performance }: Model) => performance.accuracy;
const ofType = (modelType: string) => `model_type=${modelType}`;

export const modelLists = {
  kind: 'MODELS',
  prefix: prefixes.models,
  keyOf: keys.model,
  parse: parseModel,
  idOf: ({ id }) => id,
  sorts: {
    created_at: (of) => time(createdAt(of)),
    accuracy: (of) => number(accuracyOf(of)),
    // Of the models of one name, the newest first.
    name: (of) => text(nameOf(of)) + SEPARATOR + reverseTime(createdAt(of)),
  } satisfies Record<(typeof MODEL_SORTS)[number], (of: Model) => string>,
  parts: ({ model_type }) => [ofType(model_type)],
  filters: {
    name_prefix: startsWith('name', nameOf),
    created_after: since('created_at', createdAt),
    created_before: before('created_at', createdAt),
    accuracy_min: atLeast('accuracy', accuracyOf),
    accuracy_max: atMost('accuracy', accuracyOf),
  },
} as const satisfies ListSpec<Model>;

export interface ModelsWanted extends Omit<RecordsWanted, 'sort' | 'part' | 'filters'> {
  readonly sort: (typeof MODEL_SORTS)[number];
  /** Only models of this type: they have lists of their own. */
  readonly modelType?: string | undefined;
  readonly filters?: Given<keyof (typeof modelLists)['filters']>;
}

/** A page of an account's models. Throws `ValidationError`, as `readRecords` does. */
export async function listModels(
  table: Table,
  accountId: string,
  { modelType, ...wanted }: ModelsWanted,
): Promise<RecordsPage<Model>> {
  const part = modelType === undefined ? undefined : ofType(modelType);
  return readRecords(table, modelLists, accountId, { ...wanted, part });
}
