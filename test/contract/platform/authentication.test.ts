import { describe } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { runExamples } from '../examples.ts';
import { integer, is, time, uuid, words } from '../shape.ts';

const world = useHost();
const ada = { username: 'ada', password: 'correct horse' };
const email = 'ada@example.com';
let refreshToken: string;

describe('the document’s authentication', () => {
  runExamples(
    () => world.base,
    [
      {
        name: 'POST /auth/register',
        call: () => ({ method: 'POST', path: '/auth/register', body: { ...ada, email, full_name: 'Ada Lovelace' } }),
        status: 201,
        body: {
          id: uuid,
          username: is(ada.username),
          email: is(email),
          full_name: is('Ada Lovelace'),
          created_at: time,
        },
      },
      {
        name: 'POST /auth/login',
        call: () => ({ method: 'POST', path: '/auth/login', body: ada }),
        status: 200,
        body: { access_token: words, refresh_token: words, token_type: is('bearer'), expires_in: is(1800) },
        after: (body: { refresh_token: string }) => {
          refreshToken = body.refresh_token;
        },
      },
      {
        name: 'POST /auth/refresh',
        call: () => ({ method: 'POST', path: '/auth/refresh', body: { refresh_token: refreshToken } }),
        status: 200,
        body: { access_token: words, token_type: is('bearer'), expires_in: integer },
      },
    ],
  );
});
