/** What people write about a model after it was trained, its tags and notes, and whether its predictions are logged. */
import { ConflictError, UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Table } from '../ports/table/port.ts';
import { getModel } from './read.ts';
import { type Model, model } from './record.ts';

/** How often a change is tried while others change the same model. */
const TRIES = 10;

/** A merge patch (RFC 7396): tags that are null are removed, those that are not named stay. */
export interface Annotations {
  readonly tags?: { readonly [name: string]: string | null } | undefined;
  readonly notes?: string | undefined;
  /** For how many days predictions are logged; null: not at all. */
  readonly logDays?: number | null | undefined;
}

/** Resolves with the model as it is then. Throws `NotFoundError`, `ConflictError` if it would have too many tags. */
export async function annotateModel(table: Table, accountId: string, id: string, patch: Annotations): Promise<Model> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await getModel(table, accountId, id);
    const tags = merged(before.tags, patch.tags ?? {});
    const unchanged: Condition = {
      kind: 'any',
      of: [
        { kind: 'compare', attribute: 'revision', op: '=', value: before.revision },
        ...(before.revision === 0 ? [{ kind: 'missing', attribute: 'revision' } as const] : []),
      ],
    };
    try {
      const item = await table.update(keys.model(accountId, id), changeOf(before, tags, patch), {
        kind: 'all',
        of: [{ kind: 'present' }, unchanged],
      });
      return model.parse(item);
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      // Changed or deleted by somebody else: read again.
    }
  }
  throw new UnavailableError(`could not change model ${id} in ${TRIES} tries`);
}

function changeOf(before: Model, tags: Model['tags'], { notes = before.notes, logDays }: Annotations): Change {
  return {
    set: { tags, notes, ...(typeof logDays === 'number' ? { prediction_log: { days: logDays } } : {}) },
    add: { revision: 1 },
    ...(logDays === null ? { remove: ['prediction_log'] } : {}),
  };
}

function merged(tags: Model['tags'], patch: NonNullable<Annotations['tags']>): Model['tags'] {
  const entries = Object.entries({ ...tags, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null);
  if (entries.length <= LIMITS.tags.count) return Object.fromEntries(entries);
  throw new ConflictError(`A model may have at most ${LIMITS.tags.count} tags; got ${entries.length}`);
}
