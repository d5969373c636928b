/** The names of an account's models: those of the service, encoders that were uploaded, and those of the hub that it trains. */
import { encoderNamed } from '#domain/encoders/catalogue.ts';
import { listUploads } from '#domain/encoders/read.ts';
import { keys, prefixes } from '#domain/keys.ts';
import { lineage } from '#domain/models/record.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { readAll } from '#domain/ports/table/read-all.ts';
import { listTextJobs } from '#domain/training/lists.ts';
import { textFamilies } from '#zoo/text-registry.ts';
import { registeredName } from '../fields.ts';

/** Its own first, the others by name. */
const inOrder = (others: Iterable<string>): string[] => {
  const own = Object.keys(textFamilies);
  return [...own, ...[...new Set(others)].filter((name) => !own.includes(name)).sort()];
};

/** Those that may have versions. */
export async function trainedNames(table: Table, accountId: string): Promise<string[]> {
  const { pk, sk } = keys.lineage(accountId, registeredName(''));
  const trained = await readAll(table, { partition: pk, prefix: sk });
  return inOrder(
    trained.flatMap((item) => {
      const { model_type } = lineage.parse(item);
      // Somebody may have given a model of another type such a name.
      const isOwn = item.sk === `${prefixes.lineages}${registeredName(model_type)}`;
      return isOwn && encoderNamed(model_type) ? [model_type] : [];
    }),
  );
}

/** Those of the service, and uploads that are complete. */
export const availableNames = async (table: Table, accountId: string): Promise<string[]> =>
  inOrder((await listUploads(table, accountId)).flatMap(({ name, status }) => (status === 'loaded' ? [name] : [])));

/** Jobs that are looked at for a model that has no version yet. */
const LATEST_JOBS = 100;

/** Those that may have a version, a job or an upload. */
export async function allNames(table: Table, accountId: string): Promise<string[]> {
  const [trained, uploads, jobs] = await Promise.all([
    trainedNames(table, accountId),
    listUploads(table, accountId),
    listTextJobs(table, accountId, { limit: LATEST_JOBS }),
  ]);
  const queued = jobs.records.map(({ model_type }) => model_type).filter((name) => encoderNamed(name) !== undefined);
  return inOrder([...trained, ...uploads.map(({ name }) => name), ...queued]);
}
