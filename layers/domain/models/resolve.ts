/** Finds a model by whatever a caller may call it: its id, its number, or its registered name. */
import { NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { getAlias, LATEST } from './aliases.ts';
import { ensureLookups, versionItem } from './lookups.ts';
import { latestVersion } from './names.ts';
import { getModelByNumber } from './numbers.ts';
import { getModel } from './read.ts';
import type { Model } from './record.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NUMBER = /^[1-9][0-9]{0,14}$/;
const VERSION = /^[0-9]{1,8}\.[0-9]{1,8}\.[0-9]{1,8}$/;

export interface ModelReference {
  /** An id, a number, or a name. */
  readonly name: string;
  /** MAJOR.MINOR.PATCH, an alias of the name, or `latest`, which is the default for a name. */
  readonly version?: string | undefined;
}

/** Throws `NotFoundError`, also for a model of another account, and for an id or number of another version. */
export async function resolveModel(table: Table, accountId: string, of: ModelReference): Promise<Model> {
  const single = await findSingle(table, accountId, of.name);
  if (single === undefined) return findByName(table, accountId, of);
  const { version = single.version } = of;
  if (version === single.version || version === LATEST) return single;
  throw new NotFoundError(`Model ${of.name} has the version ${single.version} only; got ${version}`);
}

/** Between the two reads an alias may be moved, or another version become the latest, and the one before be deleted. */
async function findByName(table: Table, accountId: string, of: ModelReference): Promise<Model> {
  const id = await idByName(table, accountId, of);
  try {
    return await getModel(table, accountId, id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const now = await idByName(table, accountId, of);
    if (now === id) throw error;
    return getModel(table, accountId, now);
  }
}

/** A name may consist of digits: it is looked up where no model has that number. */
async function findSingle(table: Table, accountId: string, name: string): Promise<Model | undefined> {
  if (UUID.test(name)) return getModel(table, accountId, name.toLowerCase());
  if (!NUMBER.test(name)) return undefined;
  try {
    return await getModelByNumber(table, accountId, Number(name));
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

async function idByName(table: Table, accountId: string, { name, version = LATEST }: ModelReference): Promise<string> {
  if (version === LATEST) return (await latestVersion(table, accountId, name)).model_id;
  if (!VERSION.test(version)) return (await getAlias(table, accountId, name, version)).model_id;
  await ensureLookups(table, accountId);
  const item = await table.get(keys.modelVersion(accountId, name, version));
  if (!item) throw new NotFoundError(`${name} has no version ${version}`);
  return versionItem.parse(item).model_id;
}
