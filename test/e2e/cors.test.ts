/** Whose pages may call a host from a browser. */
import { describe, expect, test } from '@jest/globals';
import { useHost } from './use-host.ts';

const allowed = async (base: string, origin: string) =>
  (await fetch(`${base}/`, { headers: { origin } })).headers.get('access-control-allow-origin');

describe('a host on loopback', () => {
  const world = useHost();

  test('allows pages of this machine, on any port, and no others', async () => {
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3000', 'https://localhost', 'http://[::1]:8080']) {
      expect([origin, await allowed(world.base, origin)]).toEqual([origin, origin]);
    }
    for (const origin of [
      'https://evil.example',
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example:80',
      'http://evil.example:8000',
      'null',
    ]) {
      expect([origin, await allowed(world.base, origin)]).toEqual([origin, null]);
    }
  });
});

describe('a host that says whose pages may call', () => {
  const world = useHost('--cors-origins', 'https://ours.example');

  test('allows those', async () => {
    expect(await allowed(world.base, 'https://ours.example')).toBe('https://ours.example');
    expect(await allowed(world.base, 'http://localhost:5173')).toBeNull();
  });
});

describe('a host that others can call', () => {
  const world = useHost('--trust-proxy', 'loopback');

  test('allows all: tokens are sent in a header, never in a cookie', async () => {
    expect(await allowed(world.base, 'https://any.example')).toBe('*');
  });
});
