/** Attacks on what costs most before anybody is known: passwords, keys, tokens. */
import { type Attack, nonsense } from '../target.ts';

const json = (body: unknown) => ({ body });

export const logins: Attack = {
  name: 'logins',
  aim: 'passwords that are guessed, of users who exist and who do not',
  run: (target) =>
    target.storm(32, (n) => {
      const username = n % 2 === 0 ? target.user.username : `nobody${n}`;
      return target.ask('platform', 'POST', '/auth/login', json({ username, password: nonsense(12) }));
    }),
};

export const registrations: Attack = {
  name: 'registrations',
  aim: 'accounts by the hundred',
  run: (target) =>
    target.storm(16, () => {
      const username = `x${nonsense(9).replaceAll(/[-_]/g, 'a')}`;
      const body = { username, email: `${username}@example.com`, password: nonsense(12), full_name: 'X' };
      return target.ask('platform', 'POST', '/auth/register', json(body));
    }),
};

export const forgedTokens: Attack = {
  name: 'forged-tokens',
  aim: 'tokens and keys that were never given out',
  run: (target) => {
    const [head = '', payload = ''] = (target.user.client.token ?? '').split('.');
    const tokens = [
      () => `${head}.${payload}.${nonsense(64)}`,
      () => `eyJhbGciOiJub25lIn0.${payload}.`,
      () => nonsense(4000),
      () => `ty_${nonsense(32)}`,
    ];
    return target.storm(48, (n) => target.ask('platform', 'GET', '/models', { token: tokens[n % tokens.length]!() }));
  },
};

export const resets: Attack = {
  name: 'resets',
  aim: 'codes of a password reset and refresh tokens that are guessed',
  run: (target) =>
    target.storm(16, (n) =>
      n % 2 === 0
        ? target.ask(
            'platform',
            'POST',
            '/auth/reset-password',
            json({ code: nonsense(24), new_password: nonsense(12) }),
          )
        : target.ask(
            'platform',
            'POST',
            '/auth/refresh',
            json({ refresh_token: `rt_${nonsense(16)}_${nonsense(16)}_${nonsense(32)}` }),
          ),
    ),
};
