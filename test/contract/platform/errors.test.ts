import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { type Call, runExamples, send } from '../examples.ts';
import { integer, is, uuid, words } from '../shape.ts';
import { table, uploadForm, useUser } from './user.ts';

const world = useHost();
const owner = useUser(world);
/** Of the same account, and may only read. */
let viewer: User;
let job: string;

const NOBODYS = '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55';
const JSON_TYPE = /^application\/json$/;
const get = (path: string, token?: string): Call => ({
  method: 'GET',
  path,
  ...(token === undefined ? {} : { token }),
});

async function invite(): Promise<User> {
  const { token } = await owner.user.client.post<{ token: string }>('/account/invitations', { role: 'viewer' });
  const guest = new User(world, 'guest', 'correct horse');
  const person = { username: 'guest', email: 'guest@example.com', full_name: 'G', invitation: token };
  await guest.client.post('/auth/register', { ...person, password: guest.password });
  await guest.login();
  return guest;
}

describe('the document’s errors', () => {
  beforeAll(async () => {
    viewer = await invite();
    const { id } = await owner.user.upload(table(100));
    job = await owner.user.train(id, { epochs: 2 });
    await owner.user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
  });

  runExamples(
    () => world.base,
    [
      {
        name: '400 names the field that is invalid',
        call: () => ({
          method: 'POST',
          path: '/training/start',
          token: owner.token,
          body: { dataset_id: 'not-a-uuid', model_type: 'mlp', hyperparameters: { learning_rate: 2 } },
        }),
        status: 400,
        body: { error: is('validation_error'), message: words, details: [{ field: words, message: words }] },
      },
      {
        name: '401 without a token',
        call: () => get('/datasets'),
        status: 401,
        body: { error: is('unauthorized'), message: words },
        headers: { 'www-authenticate': /^Bearer/, 'content-type': JSON_TYPE },
      },
      {
        name: '401 with a token that is nobody’s',
        call: () => get('/datasets', `${owner.token}x`),
        status: 401,
        body: { error: is('unauthorized'), message: is('Invalid or expired token') },
      },
      {
        name: '401 for a login with a password that is too short to be one',
        call: () => ({ method: 'POST', path: '/auth/login', body: { username: 'user', password: 'pass' } }),
        status: 401,
        body: { error: is('unauthorized'), message: words },
      },
      {
        name: '403 for a user who may see the account’s data but not change them',
        call: () => ({
          method: 'POST',
          path: '/datasets/upload',
          token: viewer.client.token!,
          body: uploadForm(table(10), { name: 'mine' }),
        }),
        status: 403,
        body: { error: is('forbidden'), message: words },
      },
      {
        name: '404 for what is not there',
        call: () => get(`/models/${NOBODYS}`, owner.token),
        status: 404,
        body: { error: is('not_found'), message: words },
      },
      {
        name: '404 for a path that is not there',
        call: () => get('/v2/datasets', owner.token),
        status: 404,
        body: { error: is('not_found'), message: words },
      },
    ],
  );

  describe('on a host whose disk has lost a file', () => {
    beforeAll(() => rmSync(join(world.data, 'blobs'), { recursive: true }));

    runExamples(
      () => world.base,
      [
        {
          name: '500 has the id by which its log line is found',
          call: () => get(`/training/results/${job}`, owner.token),
          status: 500,
          body: { error: is('internal_error'), message: is('An unexpected error occurred'), request_id: uuid },
          headers: { 'x-request-id': /^[\da-f-]{36}$/ },
        },
      ],
    );
  });
});

describe('the document’s rate limits', () => {
  const headersOf = async (call: Call) => {
    const { headers } = await send(world.base, call);
    return ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
  };

  test('are 1000 requests an hour with a token, and every answer says how many are left', async () => {
    const [limit, remaining, reset] = await headersOf(get('/models', owner.token));
    expect(limit).toBe(1000);
    expect(remaining).toBeLessThan(1000);
    expect(Math.abs(reset! * 1000 - Date.now())).toBeLessThanOrEqual(3_600_000 * 1.01);
    expect(reset! % 3600).toBe(0);
  });

  test('are 100 requests an hour without a token', async () => {
    const [limit, remaining] = await headersOf(get('/datasets'));
    expect(limit).toBe(100);
    for (let left = remaining!; left > 0; left--) await send(world.base, get('/datasets'));
    expect((await headersOf(get('/datasets')))[1]).toBe(0);
  });

  runExamples(
    () => world.base,
    [
      {
        name: '429 says when to try again',
        call: () => get('/datasets'),
        status: 429,
        body: { error: is('rate_limit_exceeded'), message: is('Too many requests'), retry_after: integer },
        headers: { 'retry-after': /^\d+$/, 'x-ratelimit-remaining': /^0$/ },
      },
    ],
  );
});
