import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface ErrorBody {
  readonly error: string;
  readonly details?: readonly { readonly field: string; readonly message: string }[];
}

export function requests(world: World): void {
  describe('a request', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    const send = (method: string, path: string, init: RequestInit = {}) =>
      fetch(`${world.base}${path}`, {
        ...init,
        method,
        headers: { authorization: `Bearer ${user.client.token}`, ...init.headers },
      });
    const errorOf = async (response: Response) => (await response.json()) as ErrorBody;

    test('that is too large is refused with the limit', async () => {
      const form = new FormData();
      form.append('file', new File(['a'.repeat(world.requestBytes)], 'data.csv', { type: 'text/csv' }));
      const response = await send('POST', '/datasets/upload', { body: form });
      expect(response.status).toBe(413);
      const { error, details } = await errorOf(response);
      expect(error).toBe('payload_too_large');
      expect(details![0]!.message).toContain(`at most ${world.requestBytes} bytes`);
    });

    test('with HEAD gets the headers only', async () => {
      const response = await send('HEAD', '/');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('json');
      expect(await response.text()).toBe('');
    });

    test('may have fields with names that every object has', async () => {
      const outgoing = request(`${world.base}/?constructor=1&__proto__=2`, { headers: { toString: '1' } });
      outgoing.setHeader('__proto__', '1').end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(200);

      const answer = await send('GET', '/datasets?constructor=1&__proto__=2');
      expect(answer.status).toBe(400);
      expect((await errorOf(answer)).details!.map(({ field }) => field)).toEqual(['constructor', '__proto__']);
    });

    test.each([
      ['a path that is not there', '/no/such/path'],
      ['two slashes', '//'],
      ['a NUL in a path', '/models/%00/predict'],
      ['a very long path', `/${'x'.repeat(5000)}`],
    ])('for %s is answered with an error of the surface', async (_, path) => {
      const response = await fetch(`${world.base}${path}`);
      expect([400, 401, 404, 405]).toContain(response.status);
      expect(await response.json()).toHaveProperty('error');
    });

    test('without a token, with a wrong one or by another method gets the right error', async () => {
      const anonymous = await fetch(`${world.base}/datasets`);
      const forged = await send('GET', '/datasets', {
        headers: { authorization: `${`Bearer ${user.client.token}`}x` },
      });
      for (const response of [anonymous, forged]) {
        expect([response.status, (await errorOf(response)).error]).toEqual([401, 'unauthorized']);
      }
      expect((await send('PUT', '/datasets')).status).toBe(405);
    });

    test('gets its caller’s rate-limit status', async () => {
      const [first, second] = [await send('GET', '/datasets'), await send('GET', '/datasets')];
      expect(first.headers.get('x-ratelimit-limit')).toBe('1000');
      const left = (of: Response) => Number(of.headers.get('x-ratelimit-remaining'));
      expect(left(first) - left(second)).toBe(1);
    });

    test('from a page is allowed; on one machine, from one of this machine', async () => {
      const origin = 'http://localhost:3000';
      const headers = { origin, 'access-control-request-method': 'POST' };
      const preflight = await fetch(`${world.base}/auth/login`, { method: 'OPTIONS', headers });
      expect(preflight.ok).toBe(true);
      expect(['*', origin]).toContain(preflight.headers.get('access-control-allow-origin'));
    });
  });
}
