/**
 * The items by which a model is found other than by its id: by its number, and by its name and version. They are written
 * and deleted with the model. Models of earlier builds have none: they get theirs when one is needed for the first time,
 * page by page, so that a request that runs out of time has done some of it for the next one.
 */
import { z } from 'zod';
import { keys, prefixes } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { type Model, model } from './record.ts';

/** Three writes a model: a transaction has at most 100. */
const PAGE = 30;

export const numberItem = z.object({ model_id: z.string() });

/** One version of a name, with what a list of them shows. */
export const versionItem = z.object({
  model_id: z.string(),
  number: z.number().int(),
  version: z.string(),
  version_reason: z.string().optional(),
  model_type: z.string(),
  /** Absent in items of earlier builds, and of models that were imported. */
  job_id: z.string().optional(),
  created_at: z.string(),
  metrics: z.record(z.string(), z.number()),
});

export type VersionItem = z.infer<typeof versionItem>;

const versionOf = ({ final_metrics, performance, ...of }: Model): VersionItem => ({
  model_id: of.id,
  number: of.number,
  version: of.version,
  ...(of.version_reason === undefined ? {} : { version_reason: of.version_reason }),
  model_type: of.model_type,
  ...(of.job_id === undefined ? {} : { job_id: of.job_id }),
  created_at: of.created_at,
  metrics: { ...final_metrics, ...performance },
});

export const putLookups = (of: Model): Write[] => [
  { kind: 'put', item: { ...keys.modelNumber(of.account_id, of.number), model_id: of.id } },
  { kind: 'put', item: { ...keys.modelVersion(of.account_id, of.name, of.version), ...versionOf(of) } },
];

export const deleteLookups = (of: Model): Write[] => [
  { kind: 'delete', key: keys.modelNumber(of.account_id, of.number) },
  { kind: 'delete', key: keys.modelVersion(of.account_id, of.name, of.version) },
];

/** `after`: the models up to this one have their lookups; all of them where it is absent. */
const progress = z.object({ after: z.string().optional() });

/**
 * Makes sure that every model of the account can be looked up, and resolves with whether there was anything to do. Once
 * there is not, it is one read.
 */
export async function ensureLookups(table: Table, accountId: string): Promise<boolean> {
  const key = keys.modelLookups(accountId);
  const item = await table.get(key);
  let { after } = item ? progress.parse(item) : { after: prefixes.models };
  const begun = after !== undefined;
  while (after !== undefined) {
    // `~` comes after every character of an id. The bounds are inclusive: a model may get its lookups twice.
    const range = { from: after, to: `${prefixes.models}~`, limit: PAGE };
    const page = await table.query({ partition: keys.account(accountId).pk, ...range });
    await addLookups(
      table,
      page.items.map((found) => model.parse(found)),
    );
    after = page.cursor === undefined ? undefined : page.items.at(-1)?.sk;
    await table.put({ ...key, ...(after === undefined ? {} : { after }) });
  }
  return begun;
}

/** For models that were written without; one that is deleted meanwhile gets none. */
export async function addLookups(table: Table, models: readonly Model[]): Promise<void> {
  if (models.length === 0) return;
  try {
    await table.transact(
      models.flatMap((of): Write[] => [
        { kind: 'check', key: keys.model(of.account_id, of.id), condition: { kind: 'present' } },
        ...putLookups(of),
      ]),
    );
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (models.length > 1) for (const of of models) await addLookups(table, [of]);
  }
}
