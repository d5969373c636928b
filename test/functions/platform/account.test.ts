import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rowsWith } from '../../domain/accounts/deletion/everything.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
let admin: string;
beforeAll(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 10_000, authenticatedPerHour: 100_000 } });
  admin = await platform.login();
});
afterAll(() => platform.close());

const post = (path: string, json: unknown, token = admin) => platform.call({ method: 'POST', path, json, token });
const get = (path: string, token = admin) => platform.call({ path, token });
const remove = (path: string, token = admin) => platform.call({ method: 'DELETE', path, token });
const patch = (path: string, json: unknown, token = admin) => platform.call({ method: 'PATCH', path, json, token });

const password = 'correct horse';
let people = 0;

/** A user of the account with a role, logged in. */
async function join(role: string) {
  const name = `member${++people}`;
  const { token } = (await post('/account/invitations', { role })).body;
  const person = { username: name, email: `${name}@example.com`, password, full_name: 'A Member', invitation: token };
  const registered = await platform.call({ method: 'POST', path: '/auth/register', json: person });
  expect(registered.status).toBe(201);
  const login = await platform.call({ method: 'POST', path: '/auth/login', json: { username: name, password } });
  return {
    id: registered.body.id as string,
    name,
    token: login.body.access_token as string,
    refresh: login.body.refresh_token as string,
  };
}

describe('an invitation', () => {
  test('lets the next user into the account, once, with its role', async () => {
    const invited = await post('/account/invitations', { role: 'trainer', description: 'for Grace' });
    expect(invited.status).toBe(201);
    expect(invited.body).toMatchObject({
      role: 'trainer',
      description: 'for Grace',
      token: expect.stringMatching(/^inv_/),
    });
    expect((await get('/account/invitations')).body.invitations).toMatchObject([{ id: invited.body.id }]);
    expect(JSON.stringify((await get('/account/invitations')).body)).not.toContain(invited.body.token);

    const person = {
      username: 'grace',
      email: 'grace@example.com',
      password,
      full_name: 'Grace',
      invitation: invited.body.token,
    };
    expect((await platform.call({ method: 'POST', path: '/auth/register', json: person })).status).toBe(201);
    expect((await get('/account/invitations')).body.invitations).toEqual([]);
    const members = (await get('/account/members')).body.members;
    expect(members.map(({ username, role }: Record<string, string>) => `${username} ${role}`).sort()).toEqual([
      'ada admin',
      'grace trainer',
    ]);

    const again = { ...person, username: 'other', email: 'other@example.com' };
    const refused = await platform.call({ method: 'POST', path: '/auth/register', json: again });
    expect(refused.status).toBe(400);
    expect(refused.body.details[0].field).toBe('invitation');
    expect(JSON.stringify(platform.logged)).not.toContain(invited.body.token);
  });

  test('is used up by one of several who try it at once', async () => {
    const { token } = (await post('/account/invitations', { role: 'viewer' })).body;
    const tries = Array.from({ length: 5 }, (_, i) =>
      platform.call({
        method: 'POST',
        path: '/auth/register',
        json: { username: `race${i}`, email: `race${i}@example.com`, password, full_name: 'R', invitation: token },
      }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 400, 400, 400, 400]);
  });

  test('is of no use once it was revoked or has expired', async () => {
    const revoked = (await post('/account/invitations', { role: 'viewer' })).body;
    expect((await remove(`/account/invitations/${revoked.id}`)).status).toBe(204);
    expect((await remove(`/account/invitations/${revoked.id}`)).status).toBe(404);
    const expired = (await post('/account/invitations', { role: 'viewer', expires_in_days: 1 })).body;
    const before = platform.clock.now;
    platform.clock.now += 86_400_000;
    for (const { token } of [revoked, expired]) {
      const person = { username: 'late', email: 'late@example.com', password, full_name: 'L', invitation: token };
      expect((await platform.call({ method: 'POST', path: '/auth/register', json: person })).status).toBe(400);
    }
    platform.clock.now = before;
  });

  test('of another account is not there', async () => {
    const other = await platform.login('eve');
    const { id } = (await post('/account/invitations', { role: 'admin' })).body;
    expect((await remove(`/account/invitations/${id}`, other)).status).toBe(404);
    expect((await get('/account/invitations', other)).body.invitations).toEqual([]);
  });
});

describe('a role', () => {
  test('decides what its user may do', async () => {
    const [viewer, trainer, other] = [await join('viewer'), await join('trainer'), await join('admin')];
    const start = (token: string) => post('/training/start', {}, token);
    const statuses = async (token: string) =>
      [
        await get('/models', token),
        await start(token),
        await post('/account/invitations', { role: 'viewer' }, token),
      ].map(({ status }) => status);
    expect(await statuses(viewer.token)).toEqual([200, 403, 403]);
    expect(await statuses(trainer.token)).toEqual([200, 400, 403]);
    expect(await statuses(other.token)).toEqual([200, 400, 201]);
    expect((await start(viewer.token)).body).toEqual({
      error: 'forbidden',
      message: 'This needs the scope train; yours is read',
    });
  });

  test('changes from the next request on, and a user who is removed is out at once', async () => {
    const member = await join('viewer');
    expect((await post('/training/start', {}, member.token)).status).toBe(403);
    expect((await patch(`/account/members/${member.id}`, { role: 'trainer' })).body).toMatchObject({ role: 'trainer' });
    expect((await post('/training/start', {}, member.token)).status).toBe(400);

    expect((await remove(`/account/members/${member.id}`)).status).toBe(204);
    expect((await get('/auth/me', member.token)).status).toBe(401);
    const refreshed = await platform.call({
      method: 'POST',
      path: '/auth/refresh',
      json: { refresh_token: member.refresh },
    });
    expect(refreshed.status).toBe(401);
    const login = { username: member.name, password };
    expect((await platform.call({ method: 'POST', path: '/auth/login', json: login, ip: '198.51.100.1' })).status).toBe(
      401,
    );
    expect((await remove(`/account/members/${member.id}`)).status).toBe(404);
  });

  test('of the last administrator stays, however many try at once', async () => {
    const team = await platform.login('last');
    const { id } = (await get('/auth/me', team)).body;
    const refused = await patch(`/account/members/${id}`, { role: 'viewer' }, team);
    expect([refused.status, refused.body.message]).toEqual([
      409,
      'An account must have an administrator; got the last one: give another user that role first',
    ]);
    expect((await remove(`/account/members/${id}`, team)).status).toBe(409);
  });

  test('of a user of another account cannot be changed', async () => {
    const other = await platform.login('mallory');
    const member = await join('viewer');
    expect((await patch(`/account/members/${member.id}`, { role: 'admin' }, other)).status).toBe(404);
    expect((await remove(`/account/members/${member.id}`, other)).status).toBe(404);
  });
});

describe('an API key', () => {
  const withKey = (key: string, path = '/models', header = 'x-api-key') =>
    platform.call({
      path,
      headers: header === 'x-api-key' ? { 'X-API-Key': key } : { authorization: `Bearer ${key}` },
    });

  test('is shown once, lets in by either header, within its scope, and not once it was revoked', async () => {
    const made = await post('/account/api-keys', { name: 'ci', scope: 'read' });
    expect(made.status).toBe(201);
    const { key, id, ...shown } = made.body;
    expect(key).toMatch(/^ty_[A-Za-z0-9_-]{43}$/);
    expect(shown).toMatchObject({ name: 'ci', scope: 'read', prefix: key.slice(0, 7), last_used_at: null });

    expect((await withKey(key)).status).toBe(200);
    expect((await withKey(key, '/models', 'bearer')).status).toBe(200);
    const start = await platform.call({
      method: 'POST',
      path: '/training/start',
      json: {},
      headers: { 'x-api-key': key },
    });
    expect(start.status).toBe(403);
    expect((await withKey(key, '/auth/me')).status).toBe(403);
    const [listed] = (await get('/account/api-keys')).body.api_keys;
    expect(listed).toMatchObject({ id, last_used_at: expect.any(String) });
    expect(JSON.stringify(listed)).not.toContain(key);

    expect((await remove(`/account/api-keys/${id}`)).status).toBe(204);
    expect((await withKey(key)).status).toBe(401);
    expect((await remove(`/account/api-keys/${id}`)).status).toBe(404);
    expect(JSON.stringify(platform.logged)).not.toContain(key);
  });

  test('ends with the member who made it, also with another key, or once it may more than they do', async () => {
    const made = async (by: object, scope: string) =>
      (await platform.call({ method: 'POST', path: '/account/api-keys', json: { name: 'k', scope }, ...by })).body;
    for (const [role, allowed] of [
      ['trainer', 200],
      [undefined, 401],
    ] as const) {
      const member = await join('admin');
      const first = await made({ token: member.token }, 'admin');
      const second = await made({ headers: { 'x-api-key': first.key } }, 'admin');
      const third = await made({ headers: { 'x-api-key': second.key } }, 'train');
      expect([first, second, third].map(({ created_by }) => created_by)).toEqual(Array(3).fill(member.id));
      const invitation = { method: 'POST', path: '/account/invitations', json: { role: 'admin' }, token: member.token };
      const invited = await platform.call(invitation);
      expect(invited.status).toBe(201);
      const path = `/account/members/${member.id}`;
      const changed = role === undefined ? await remove(path) : await patch(path, { role });
      expect(changed.status).toBe(role === undefined ? 204 : 200);
      expect((await withKey(first.key)).status).toBe(401);
      expect((await withKey(second.key)).status).toBe(401);
      expect((await withKey(third.key)).status).toBe(allowed);
      const { invitations } = (await get('/account/invitations')).body;
      expect(invitations.map(({ id }: { id: string }) => id)).not.toContain(invited.body.id);
    }
  });

  test('is made once for an Idempotency-Key, shown again to who repeats the request, and not stored', async () => {
    for (const [path, json, secret] of [
      ['/account/api-keys', { name: 'retried', scope: 'read' }, 'key'],
      ['/account/invitations', { role: 'viewer' }, 'token'],
    ] as const) {
      const headers = { 'idempotency-key': `made-once-${secret}` };
      const make = (more: object = {}) =>
        platform.call({ method: 'POST', path, json: { ...json, ...more }, token: admin, headers });
      const [first, again] = [await make(), await make()];
      expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
      expect(again.headers['Idempotent-Replayed']).toBe('true');
      const other = await make(secret === 'key' ? { name: 'another' } : { role: 'admin' });
      expect(other.status).toBe(422);
      expect(rowsWith(platform.store.dir, first.body[secret])).toEqual([]);
    }
    const { api_keys } = (await get('/account/api-keys')).body;
    expect(api_keys.filter(({ name }: { name: string }) => name === 'retried')).toHaveLength(1);
  });

  test('that has expired lets nobody in, and is still listed', async () => {
    const { key, id } = (await post('/account/api-keys', { name: 'short', scope: 'admin', expires_in_days: 1 })).body;
    const before = platform.clock.now;
    platform.clock.now += 86_400_000;
    expect((await withKey(key)).status).toBe(401);
    platform.clock.now = before;
    expect((await get('/account/api-keys')).body.api_keys.map((one: { id: string }) => one.id)).toContain(id);
  });

  test('that is none is answered 401 and counted by address', async () => {
    for (const key of ['ty_nothing', 'x'.repeat(10_000), '💥']) expect((await withKey(key)).status).toBe(401);
    const both = { 'x-api-key': 'ty_nothing', authorization: `Bearer ${admin}` };
    expect((await platform.call({ path: '/models', headers: both })).status).toBe(401);
  });

  test('takes two reads and a write, and its use is written down once in ten minutes', async () => {
    const { key } = (await post('/account/api-keys', { name: 'count', scope: 'read' })).body;
    await withKey(key, '/account/members');
    platform.calls.length = 0;
    await withKey(key, '/account/members');
    expect(platform.calls.filter((call) => /^(?:update|increment)/.test(call))).toEqual([
      expect.stringMatching(/^increment ACCOUNT#.*#USAGE$/),
    ]);
  });
});
