import { afterEach, expect, test } from '@jest/globals';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
afterEach(() => platform.close());

const TOKEN = 'the token of the installation';
let people = 0;
const register = (invitation?: string, names: object = {}) => {
  const username = `person${++people}`;
  const json = { username, email: `${username}@example.com`, password: 'correct horse', full_name: 'P', ...names };
  return platform.call({
    method: 'POST',
    path: '/auth/register',
    json: { ...json, ...(invitation ? { invitation } : {}) },
  });
};
const open = async (registration: 'open' | 'invite' | 'closed') => {
  let asked = 0;
  platform = await openPlatform({ registration, rates: { anonymousPerHour: 1000 } }, (adapters) => ({
    ...adapters,
    bootstrapToken: async () => {
      asked++;
      return TOKEN;
    },
  }));
  return () => asked;
};
const login = async (username: string) => {
  const json = { username, password: 'correct horse' };
  return (await platform.call({ method: 'POST', path: '/auth/login', json })).body.access_token;
};

test('where registration needs an invitation, the installation’s token registers the first account, and no other', async () => {
  const asked = await open('invite');
  const without = await register();
  expect([without.status, without.body.message]).toEqual([
    403,
    'Registration needs an invitation here: ask an administrator of an account for one',
  ]);
  expect((await register('a guess')).status).toBe(400);
  const first = await register(TOKEN, { username: 'ada' });
  expect(first.status).toBe(201);
  const before = asked();
  expect((await register(TOKEN)).body.details).toMatchObject([{ field: 'invitation' }]);
  // Whoever guesses afterwards does not even have the secret read.
  expect(asked()).toBe(before);

  const invited = await platform.call({
    method: 'POST',
    path: '/account/invitations',
    token: await login('ada'),
    json: { role: 'viewer' },
  });
  const member = await register(invited.body.token, { username: 'grace' });
  expect(member.status).toBe(201);
  const members = await platform.call({ path: '/account/members', token: await login('ada') });
  expect(members.body.members.map(({ username }: { username: string }) => username).sort()).toEqual(['ada', 'grace']);
});

test('of many who use the token at once, one registers', async () => {
  await open('invite');
  const answers = await Promise.all(Array.from({ length: 5 }, () => register(TOKEN)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
});

test('a name that is refused does not use up the token', async () => {
  await open('invite');
  expect((await register(TOKEN, { username: '?' })).status).toBe(400);
  expect((await register(TOKEN)).status).toBe(201);
});

test('where registration is closed, nobody registers but the first, invitations included', async () => {
  await open('closed');
  expect((await register(TOKEN, { username: 'ada' })).status).toBe(201);
  const invited = await platform.call({
    method: 'POST',
    path: '/account/invitations',
    token: await login('ada'),
    json: { role: 'viewer' },
  });
  const refused = [await register(), await register(invited.body.token), await register(TOKEN)];
  expect(refused.map(({ status, body }) => [status, body.message])).toEqual(
    Array(3).fill([403, 'Registration is closed here']),
  );
});

test('where registration is open, anybody founds an account, and the token is of no use', async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 1000 } });
  expect([(await register()).status, (await register()).status]).toEqual([201, 201]);
  expect((await register(TOKEN)).status).toBe(400);
});
