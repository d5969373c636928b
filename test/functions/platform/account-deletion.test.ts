import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { UnavailableError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { rowsWith } from '../../domain/accounts/deletion/everything.ts';
import { silent } from '../events/world.ts';
import { openPlatform, type Platform } from './harness.ts';
import { ready, running, uploaded } from './records.ts';

const MINUTE = 60_000;
const password = 'correct horse';

let platform: Platform;
let token: string;
let id: string;
beforeEach(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 10_000, authenticatedPerHour: 100_000 } });
  token = await platform.login();
  id = (await platform.call({ path: '/auth/me', token })).body.id;
});
afterEach(async () => {
  jest.restoreAllMocks();
  await platform.close();
});

const remove = (json: unknown = { confirm: 'ada' }, as = token) =>
  platform.call({ method: 'DELETE', path: '/account', json, token: as });
const post = (path: string, json: unknown, as = token) => platform.call({ method: 'POST', path, json, token: as });
const sweep = () =>
  makeSweep(permitted('sweep', platform.store), { logger: silent, settings: { waitingSeconds: 600 } })();

describe('DELETE /account', () => {
  test('says what goes and what stays, and until when', async () => {
    const answer = await remove();
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      account_id: id,
      status: 'deleting',
      requested_at: '2026-01-01T00:00:00.000Z',
      deleted_by: '2026-01-01T00:41:00.000Z',
      deleting: expect.arrayContaining(['datasets and uploads']),
    });
    expect(answer.body.remains).toEqual([
      { what: expect.stringContaining('account'), until: '2026-01-01T00:31:00.000Z' },
      { what: expect.stringContaining('messages'), until: '2026-01-15T00:31:00.000Z' },
      { what: expect.stringContaining('point-in-time recovery'), until: '2026-02-05T00:31:00.000Z' },
      { what: expect.stringContaining('backups'), until: '2026-04-01T00:31:00.000Z' },
      { what: expect.stringContaining('logs'), until: '2026-04-01T00:31:00.000Z' },
    ]);
  });

  test('says nothing of backups where there are none', async () => {
    const one = await openPlatform({ retention: { recoveryDays: 0, backupDays: 0, logDays: 0 } });
    const as = await one.login();
    const answer = await one.call({ method: 'DELETE', path: '/account', json: { confirm: 'ADA' }, token: as });
    expect(answer.body.remains).toHaveLength(2);
    await one.close();
  });

  test('stops every token, refresh token and key of everybody at once, and frees the names', async () => {
    const invited = (await post('/account/invitations', { role: 'trainer' })).body.token;
    const unused = (await post('/account/invitations', { role: 'trainer' })).body.token;
    const grace = { username: 'grace', email: 'grace@example.com', password, full_name: 'Grace' };
    expect((await post('/auth/register', { ...grace, invitation: invited })).status).toBe(201);
    const member = (await post('/auth/login', { username: 'grace', password })).body;
    const { key } = (await post('/account/api-keys', { name: 'program', scope: 'read' })).body;

    await remove();
    for (const as of [token, member.access_token, key]) {
      expect((await platform.call({ path: '/models', token: as })).status).toBe(401);
      expect((await remove({ confirm: 'ada' }, as)).status).toBe(401);
    }
    const refreshed = await post('/auth/refresh', { refresh_token: member.refresh_token });
    expect(refreshed.status).toBe(401);
    expect((await post('/auth/login', { username: 'grace', password })).status).toBe(401);
    const late = { ...grace, username: 'late', email: 'late@example.com', invitation: unused };
    expect((await post('/auth/register', late)).status).toBe(400);

    // The same names, and nothing of what they had.
    const again = await platform.login('ada');
    expect((await platform.call({ path: '/auth/me', token: again })).body.id).not.toBe(id);
    expect((await post('/auth/register', grace)).status).toBe(201);
    platform.clock.now += 32 * MINUTE;
    await sweep();
    expect((await post('/auth/login', { username: 'grace', password })).status).toBe(200);
  });

  test('leaves nothing once the sweep has come, though calls with dead tokens go on', async () => {
    const dataset = await ready(platform, await uploaded(platform, token));
    const { job_id } = (await post('/training/start', { dataset_id: dataset.id, model_type: 'mlp' })).body;
    await running(platform, id, job_id);
    await post('/datasets/uploads', { name: 'large', file_size: 1 });
    await post('/webhooks', { url: 'https://hooks.example.com/in', events: ['*'] });
    const terminate = jest.spyOn(platform.store.compute, 'terminate');
    await remove();
    expect(terminate).toHaveBeenCalledWith(`${job_id}-1`, 'its account is deleted');
    await platform.call({ path: '/models', token });
    platform.clock.now += 29 * MINUTE;
    await sweep();
    expect((await platform.call({ path: '/models', token })).status).toBe(401);
    platform.clock.now += 2 * MINUTE;
    await sweep();
    // Messages in queues have ids of what is gone.
    expect(rowsWith(platform.store.dir, id).filter((row) => !row.startsWith('messages:'))).toEqual([]);
  });

  test('takes a bounded number of calls, however much the account has', async () => {
    await platform.call({ path: '/models', token });
    for (let i = 0; i < 3; i++) await uploaded(platform, token, `data ${i}`);
    const { table } = platform.store;
    const logs = (n: number) => ({ kind: 'put' as const, item: { ...keys.jobLog(id, 'j', String(n)), lines: [] } });
    for (let i = 0; i < 60; i++) await table.transact(Array.from({ length: 100 }, (_, n) => logs(i * 100 + n)));
    platform.calls.length = 0;
    expect((await remove()).status).toBe(202);
    expect(platform.calls.length).toBeLessThan(200);
    expect(rowsWith(platform.store.dir, id).length).toBeGreaterThan(1000);
    expect((await platform.call({ path: '/models', token })).status).toBe(401);
    await sweep();
    expect(rowsWith(platform.store.dir, id).filter((row) => !row.startsWith('messages:')).length).toBeLessThan(3);
  });

  test('wants the username of an administrator, and changes nothing without it', async () => {
    const grace = { username: 'grace', email: 'grace@example.com', password, full_name: 'Grace' };
    const invitation = (await post('/account/invitations', { role: 'trainer' })).body.token;
    await post('/auth/register', { ...grace, invitation });
    await platform.login('eve');
    for (const json of [{ confirm: 'grace' }, { confirm: 'eve' }, { confirm: '' }, {}, { confirm: 'ada', force: true }])
      expect((await remove(json)).status).toBe(400);
    expect((await remove({ confirm: 'eve' })).body.details).toEqual([
      { field: 'confirm', message: 'must be the username of an administrator of this account; got "eve"' },
    ]);
    expect((await platform.call({ path: '/models', token })).status).toBe(200);
  });

  test('is for administrators and their keys', async () => {
    const key = async (scope: string) => (await post('/account/api-keys', { name: scope, scope })).body.key;
    expect((await remove({ confirm: 'ada' }, await key('train'))).status).toBe(403);
    expect((await remove({ confirm: 'ada' }, await key('admin'))).status).toBe(202);
  });

  test('is not answered before everybody is locked out, and goes on if the rest fails', async () => {
    const { artifacts } = platform.store.blobs;
    jest.spyOn(artifacts, 'list').mockRejectedValueOnce(new UnavailableError());
    expect((await remove()).status).toBe(202);
    expect(platform.logged.join('\n')).toContain('account not deleted yet');
    platform.clock.now += 32 * MINUTE;
    await sweep();
    expect(rowsWith(platform.store.dir, id)).toEqual([]);
  });
});
