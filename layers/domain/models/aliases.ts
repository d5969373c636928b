/**
 * Aliases of the versions of a name, such as `champion`. Setting one, moving it and counting it at the models that it
 * points to is one transaction: at every moment it points to one model, which cannot be deleted. `latest` is computed.
 */
import { z } from 'zod';
import { ConflictError, NotFoundError, UnavailableError, ValidationError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { keys, prefixes } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { modelEvents } from './events.ts';
import type { Model } from './record.ts';

/** How often a move is tried while others move the same alias. */
const TRIES = 10;

export const LATEST = 'latest';

const alias = z.object({
  name: z.string(),
  alias: z.string(),
  model_id: z.string(),
  version: z.string(),
  moved_at: z.string(),
});

export type Alias = z.infer<typeof alias>;

export interface AliasMove {
  readonly alias: Alias;
  /** Where it pointed before. */
  readonly previous?: Alias | undefined;
  /** Absent where it pointed to this model already. */
  readonly event?: DomainEvent;
}

/** For documents: the characters of an alias. */
export const ALIAS_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]*$';

/** Throws `ValidationError` for a name that an alias cannot have. */
export function expectAliasName(given: string): void {
  const refuse = (message: string) => {
    throw ValidationError.of('alias', message);
  };
  if (given.toLowerCase() === LATEST) refuse('must not be latest, which is computed: the highest version');
  if (/^v?[0-9]+(\.[0-9]+)*$/i.test(given)) refuse(`must not look like a version; got ${JSON.stringify(given)}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(given) || given.length > LIMITS.alias.max) {
    refuse(
      `must have 1 to ${LIMITS.alias.max} letters, digits, dots, hyphens and underscores, the first a letter or digit; got ${JSON.stringify(given)}`,
    );
  }
}

/** All aliases of a name, in their order, `latest` not included. */
export async function listAliases(table: Table, accountId: string, name: string): Promise<Alias[]> {
  const { pk } = keys.modelAlias(accountId, name, '');
  const items = await readAll(table, { partition: pk, prefix: prefixes.aliases });
  return items.map((item) => alias.parse(item));
}

/** The aliases that point to the model: nothing is read where there are none. */
export async function aliasesOf(table: Table, of: Model): Promise<string[]> {
  if (of.aliases === 0) return [];
  const all = await listAliases(table, of.account_id, of.name);
  return all.filter(({ model_id }) => model_id === of.id).map((found) => found.alias);
}

/** Throws `NotFoundError`. */
export async function getAlias(table: Table, accountId: string, name: string, given: string): Promise<Alias> {
  const found = await findAlias(table, accountId, name, given);
  if (!found) throw new NotFoundError(`${name} has no alias ${given}`);
  return found;
}

async function findAlias(table: Table, accountId: string, name: string, given: string): Promise<Alias | undefined> {
  const item = await table.get(keys.modelAlias(accountId, name, given));
  return item && alias.parse(item);
}

/** Sets or moves an alias of the model's name. Throws `NotFoundError` if the model is deleted, `ConflictError`. */
export async function moveAlias(table: Table, to: Model, given: string, at: string): Promise<AliasMove> {
  const { account_id, name } = to;
  for (let tries = 0; tries < TRIES; tries++) {
    const previous = await findAlias(table, account_id, name, given);
    if (previous?.model_id === to.id) return { alias: previous, previous };
    if (!previous) await expectRoom(table, account_id, name);
    const moved: Alias = { name, alias: given, model_id: to.id, version: to.version, moved_at: at };
    const event = modelEvents.aliasMoved(to, moveOf(given, previous), at);
    const item = { ...keys.modelAlias(account_id, name, given), ...moved };
    try {
      await table.transact([
        { kind: 'put', item, condition: stillAt(previous) },
        count(account_id, to.id, 1),
        ...(previous ? [count(account_id, previous.model_id, -1)] : []),
        recordEvent(event),
      ]);
      return { alias: moved, previous, event };
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      if (error.failed.includes(1)) throw new NotFoundError(`Model ${to.id} not found`);
      // Somebody else moved it: read again.
    }
  }
  throw new UnavailableError(`could not move an alias of account ${account_id} in ${TRIES} tries`);
}

/** Resolves with the event to publish. Throws `NotFoundError`. */
export async function removeAlias(
  table: Table,
  accountId: string,
  { name, alias: given }: { readonly name: string; readonly alias: string },
  at: string,
): Promise<DomainEvent> {
  for (let tries = 0; tries < TRIES; tries++) {
    const from = await getAlias(table, accountId, name, given);
    const event = modelEvents.aliasRemoved(accountId, from, at);
    try {
      await table.transact([
        { kind: 'delete', key: keys.modelAlias(accountId, name, given), condition: stillAt(from) },
        count(accountId, from.model_id, -1),
        recordEvent(event),
      ]);
      return event;
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
    }
  }
  throw new UnavailableError(`could not remove an alias of account ${accountId} in ${TRIES} tries`);
}

async function expectRoom(table: Table, accountId: string, name: string): Promise<void> {
  const { length } = await listAliases(table, accountId, name);
  if (length < LIMITS.aliases) return;
  throw new ConflictError(`A name may have at most ${LIMITS.aliases} aliases; got ${length}: remove one first`);
}

const moveOf = (given: string, previous: Alias | undefined) => ({
  alias: given,
  ...(previous ? { previous: { id: previous.model_id, version: previous.version } } : {}),
});

const stillAt = (previous: Alias | undefined): Condition =>
  previous ? { kind: 'compare', attribute: 'model_id', op: '=', value: previous.model_id } : { kind: 'absent' };

const count = (accountId: string, id: string, by: number): Write => ({
  kind: 'update',
  key: keys.model(accountId, id),
  change: { add: { aliases: by } },
  condition: { kind: 'present' },
});
