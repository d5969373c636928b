/** Names for versions, such as `champion`. All routes are additions to the document. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import {
  ALIAS_PATTERN,
  type Alias,
  expectAliasName,
  getAlias,
  LATEST,
  listAliases,
  moveAlias,
  removeAlias,
} from '#domain/models/aliases.ts';
import { latestVersion } from '#domain/models/names.ts';
import { getModel } from '#domain/models/read.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id, time } from '../fields.ts';
import { publish } from '../publish.ts';
import { namePath } from './fields.ts';

const common = { tags: ['Registry'], authentication: 'account', cost: 'request' } as const;
const path = namePath.extend({
  // What refuses another name says why.
  alias: z.string().meta({ example: 'champion', override: { pattern: ALIAS_PATTERN, maxLength: LIMITS.alias.max } }),
});

const alias = z
  .strictObject({
    alias: z.string().meta({ example: 'champion' }),
    model_id: id,
    version: z.string().meta({ example: '1.1.0' }),
    moved_at: time.nullable().meta({ description: 'null for `latest`, which is computed' }),
  })
  .meta({ id: 'ModelAlias' });

const move = alias
  .extend({ previous_model_id: id.nullable().meta({ description: 'null if the alias is new' }) })
  .meta({ id: 'ModelAliasMove' });

const show = ({ alias: given, model_id, version, moved_at }: Alias): z.input<typeof alias> => ({
  alias: given,
  ...{ model_id, version, moved_at },
});

/** The highest version. Throws `NotFoundError`. */
async function latest(table: Table, accountId: string, name: string): Promise<z.input<typeof alias>> {
  const { model_id, version } = await latestVersion(table, accountId, name);
  return { alias: LATEST, model_id, version, moved_at: null };
}

export const list = route({
  ...common,
  method: 'GET',
  path: '/models/by-name/{name}/aliases',
  summary: 'List the aliases of a name',
  scope: 'read',
  request: { path: namePath },
  responses: {
    200: {
      description: '`latest` first',
      schema: z.strictObject({ name: z.string(), aliases: z.array(alias) }).meta({ id: 'ModelAliases' }),
    },
  },
  async handler({ caller, path: { name } }, { adapters }) {
    const first = await latest(adapters.table, caller.accountId, name);
    const others = await listAliases(adapters.table, caller.accountId, name);
    return { status: 200, body: { name, aliases: Array.of(first, ...others.map(show)) } };
  },
});

export const resolve = route({
  ...common,
  method: 'GET',
  path: '/models/by-name/{name}/aliases/{alias}',
  summary: 'Find the model that an alias points to',
  scope: 'read',
  request: { path },
  responses: { 200: { description: 'The alias', schema: alias } },
  async handler({ caller, path: { name, alias: given } }, { adapters }) {
    const { table } = adapters;
    if (given === LATEST) return { status: 200, body: await latest(table, caller.accountId, name) };
    return { status: 200, body: show(await getAlias(table, caller.accountId, name, given)) };
  },
});

const body = z.strictObject({ model_id: id }).meta({ id: 'ModelAliasRequest' });

export const set = route({
  ...common,
  method: 'PUT',
  path: '/models/by-name/{name}/aliases/{alias}',
  summary: 'Point an alias to a version',
  description: `At every moment it points to one model. A name has at most ${LIMITS.aliases} aliases; \`${LATEST}\` is computed and cannot be set.`,
  scope: 'train',
  request: { path, body: json(body) },
  responses: { 200: { description: 'Where it points now, and pointed before', schema: move } },
  errors: [409],
  resource: ({ caller, path: { name } }, { adapters }) => latestVersion(adapters.table, caller.accountId, name),
  async handler({ caller, path: { name, alias: given }, body: { model_id } }, services) {
    const { table, now } = services.adapters;
    expectAliasName(given);
    const to = await getModel(table, caller.accountId, model_id);
    if (to.name !== name) {
      throw ValidationError.of(
        'model_id',
        `must be a version of ${JSON.stringify(name)}; got one of ${JSON.stringify(to.name)}`,
      );
    }
    const moved = await moveAlias(table, to, given, isoTime(now()));
    if (moved.event) await publish(moved.event, services);
    return { status: 200, body: { ...show(moved.alias), previous_model_id: moved.previous?.model_id ?? null } };
  },
});

export const remove = route({
  ...common,
  method: 'DELETE',
  path: '/models/by-name/{name}/aliases/{alias}',
  summary: 'Remove an alias',
  scope: 'train',
  request: { path },
  responses: { 204: { description: 'Removed; the model stays' } },
  async handler({ caller, path }, services) {
    const { table, now } = services.adapters;
    await publish(await removeAlias(table, caller.accountId, path, isoTime(now())), services);
    return { status: 204 };
  },
});
