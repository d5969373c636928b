/** Who is let in, at every route: whoever cannot prove who they are, or may not, and bodies that say more than they may. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { contentOf } from '#domain/request-body.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { describedRoutes } from '#functions/platform/described-routes.ts';
import { renderError } from '#functions/platform/errors.ts';
import { importer } from '#functions/platform/models/importer.ts';
import { type Answer, type Call, openPlatform, type Platform } from './harness.ts';
import { SERVING } from './records.ts';

type Route = (typeof describedRoutes)[number];

let platform: Platform;
/** Every route in one function, the real ones. */
let handler: HttpHandler;
/** An administrator's token. */
let token: string;
beforeAll(async () => {
  const most = 1_000_000;
  platform = await openPlatform({ rates: { anonymousPerHour: most, authenticatedPerHour: most } });
  token = await platform.login();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const services = makeServices(platform.store, { settings: platform.settings, logger });
  const predictor = { predict: async () => [], describe: async () => SERVING };
  handler = makeSurface(
    { routes: describedRoutes, renderError },
    { ...services, predictor, importer: async () => importer },
  );
});
afterAll(() => platform.close());

const named = (routes: readonly Route[]) => routes.map((of) => [`${of.method} ${of.path}`, of] as const);
const closed = describedRoutes.filter(({ scope }) => scope !== undefined);

/** A call of the route for things that are not there. */
const callOf = ({ method, path }: Route): Call => ({
  method: method === 'GET' ? 'HEAD' : method,
  path: path.replace(/\{\w+\}/g, () => newId(platform.clock.now)),
});
const answer = (of: Route, more: Partial<Call>): Promise<Answer> => platform.call({ ...callOf(of), ...more }, handler);

const post = async (path: string, json: unknown, as = token) =>
  (await platform.call({ method: 'POST', path, json, token: as })).body;
const remove = (path: string, as = token, json?: unknown) =>
  platform.call({ method: 'DELETE', path, token: as, ...(json === undefined ? {} : { json }) });
const keyOf = async (scope: string, more: object = {}) =>
  (await post('/account/api-keys', { name: scope, scope, ...more })) as { id: string; key: string };

const password = 'correct horse';
const login = async (username: string) => post('/auth/login', { username, password }, undefined);

/** A user of the account, logged in: id and tokens. */
async function join(username: string, role: string) {
  const { token: invitation } = await post('/account/invitations', { role });
  const person = { username, email: `${username}@example.com`, password, full_name: 'M', invitation };
  const { id } = await post('/auth/register', person, undefined);
  return { id, ...(await login(username)) } as { id: string; access_token: string };
}

describe('nobody is let in', () => {
  let refused: readonly (readonly [what: string, credentials: Partial<Call>])[];
  beforeAll(async () => {
    const { clock } = platform;
    const revoked = await keyOf('admin');
    await remove(`/account/api-keys/${revoked.id}`);
    const loggedOut = (await login('ada')).access_token;
    await platform.call({ method: 'POST', path: '/auth/logout', token: loggedOut });
    const removed = await join('removed', 'admin');
    await remove(`/account/members/${removed.id}`);

    const gone = await platform.login('gone');
    const goneKey = (await post('/account/api-keys', { name: 'k', scope: 'admin' }, gone)).key;
    await remove('/account', gone, { confirm: 'gone' });

    const old = token;
    const expiring = await keyOf('admin', { expires_in_days: 1 });
    clock.now += 86_400_000;
    token = (await login('ada')).access_token;
    refused = [
      ['without a token', {}],
      ['with a token that has expired', { token: old }],
      ['with a token of a session that has ended', { token: loggedOut }],
      ['with the token of a user who was removed', { token: removed.access_token }],
      ['with the token of a deleted account', { token: gone }],
      ['with the key of a deleted account', { token: goneKey }],
      ['with a key that was revoked', { token: revoked.key }],
      ['with such a key in its own header', { headers: { 'x-api-key': revoked.key } }],
      ['with a key that has expired', { token: expiring.key }],
      ['with a key that nobody has', { token: 'ty_nobody' }],
      ['with a valid token and another key beside it', { token, headers: { 'x-api-key': revoked.key } }],
      ['with a token in the query', { query: { access_token: token } }],
      ['with a token in a cookie', { headers: { cookie: `access_token=${token}` } }],
    ];
  });

  test.each(named(closed))('at %s', async (_, of) => {
    for (const [what, credentials] of refused) {
      expect([what, (await answer(of, credentials)).status]).toEqual([what, 401]);
    }
  });

  test('by those that let nobody in: there are no others', () => {
    const open = describedRoutes.filter(({ scope }) => scope === undefined);
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /',
      'GET /oip/v2/health/live',
      'GET /oip/v2/health/ready',
      'POST /auth/login',
      'POST /auth/refresh',
      'POST /auth/register',
      'POST /auth/reset-password',
    ]);
  });
});

/** For who has logged in: a key is nobody. Other routes of users say so once they have read their body. */
const FOR_USERS = new Set(['/auth/me', '/account/sessions']);

describe('a scope', () => {
  let keys: Readonly<Record<string, string>>;
  beforeAll(async () => {
    keys = { read: (await keyOf('read')).key, train: (await keyOf('train')).key, admin: (await keyOf('admin')).key };
  });

  test.each(named(closed))('decides who may call %s', async (_, of) => {
    const order = ['read', 'train', 'admin'];
    for (const has of order) {
      const { status } = await answer(of, { token: keys[has]! });
      const may = order.indexOf(has) >= order.indexOf(of.scope!);
      expect([has, status === 403]).toEqual([has, FOR_USERS.has(of.path) || !may]);
      expect(status).not.toBe(401);
    }
  });
});

/** What only the platform decides. */
const FIELDS = [
  ...['id', 'account_id', 'accountId', 'user_id', 'owner', 'role', 'scope', 'admin', 'is_admin', 'status', 'number'],
  ...['created_at', 'password_hash', 'sha256', 'model_id', 'version', 'attempt', 'in_use', 'estimated_cost', 'ipk'],
  ...['pk', 'sk', 'expiresAt', '__proto__', 'constructor', 'toString', 'last_used_at', 'secrets', 'disabled_reason'],
];

describe('a body', () => {
  // The Open Inference Protocol lets clients send parameters of their own, and nothing of an inference is stored.
  const strict = describedRoutes.filter(({ path }) => !path.startsWith('/oip/'));
  const json = named(strict.filter(({ request }) => request.body?.accepts.includes('application/json')));

  test.each(json)('of %s says nothing that is not the caller’s to say', async (_, of) => {
    const { schema } = of.request.body!.openapi.content['application/json'] as { schema: z.ZodObject };
    const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
    const unknown = FIELDS.filter((field) => !Object.hasOwn(shape, field));
    expect(unknown.length).toBeGreaterThan(20);
    for (const field of unknown) expect(await refusedFields(of, `{"${field}":"x"}`)).toContain(field);
    for (const [name, inner] of Object.entries(shape)) {
      const wrap = wrapOf(inner);
      for (const field of wrap ? ['account_id', '__proto__', 'attempt'] : []) {
        const refused = await refusedFields(of, `{"${name}":${wrap!(`{"${field}":"x"}`)}}`);
        expect(refused.filter((at) => at.startsWith(name) && at.endsWith(field))).toHaveLength(1);
      }
    }
  });
});

/** The fields that the body is refused for. */
async function refusedFields(of: Route, text: string): Promise<string[]> {
  try {
    await of.request.body!.parse({ contentType: 'application/json', content: contentOf(Buffer.from(text)) });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error.details.map(({ field }) => field);
  }
  return [];
}

/** How an object's text becomes a value of the schema, if that has objects; records of any names are none. */
function wrapOf(schema: z.ZodType): ((object: string) => string) | undefined {
  if (schema instanceof z.ZodObject) return (object) => object;
  const inner = 'unwrap' in schema && typeof schema.unwrap === 'function' ? (schema.unwrap() as z.ZodType) : undefined;
  const wrap = inner && wrapOf(inner);
  return wrap && schema instanceof z.ZodArray ? (object) => `[${wrap(object)}]` : wrap;
}
