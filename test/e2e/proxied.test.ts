/** One machine that is told of a reverse proxy in front of it, and what a proxy would send. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { type Served, useHost } from './use-host.ts';
import { User } from './user.ts';

type Headers = Readonly<Record<string, string | string[]>>;

/** Begins an upload in parts as a caller of that base; resolves with where its only part goes. */
async function partUrl(user: User, base: string, headers: Headers = {}): Promise<URL> {
  const outgoing = request(`${base}/datasets/uploads`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' },
  });
  outgoing.end(JSON.stringify({ name: 'parts', file_size: 4 }));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { parts } = JSON.parse((await response.toArray()).join('')) as { parts: readonly { url: string }[] };
  return new URL(parts[0]!.url);
}

/** Whether the part is taken, when it is sent to the host itself. */
async function isTaken(served: Served, { pathname, search }: URL): Promise<boolean> {
  return (await fetch(`${served.base}${pathname}${search}`, { method: 'PUT', body: 'a,b\n' })).ok;
}

describe('behind a proxy that is trusted', () => {
  const served = useHost('--trust-proxy', 'loopback');

  /** Makes a request; resolves with how many more its caller may make. */
  async function remaining(forwarded: string | string[]): Promise<number> {
    const outgoing = request(`${served.base}/datasets`, { headers: { 'x-forwarded-for': forwarded } }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(401);
    return Number(response.headers['x-ratelimit-remaining']);
  }

  test('each caller is counted by the address that the proxy gives', async () => {
    expect(await remaining('198.51.100.1')).toBe(99);
    expect(await remaining('198.51.100.2')).toBe(99);
    expect(await remaining('1.1.1.1, 198.51.100.1')).toBe(98);
    expect(await remaining(['2.2.2.2', '198.51.100.1'])).toBe(97);
    expect(await remaining(['198.51.100.1', '198.51.100.2'])).toBe(98);
  });

  test('presigned URLs begin with what each caller has asked the proxy for', async () => {
    const user = await User.register(served);
    const asked = (host: string) =>
      partUrl(user, served.base, {
        'x-forwarded-for': '198.51.100.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': host,
      });
    const [one, other] = await Promise.all([asked('ml.example.com'), asked('localhost:8443')]);
    expect([one.origin, other.origin]).toEqual(['https://ml.example.com', 'https://localhost:8443']);
    expect(await isTaken(served, one)).toBe(true);
  });
});

describe('with a public URL', () => {
  const served = useHost('--public-url', 'https://example.com/trainyard/', '--trust-proxy', 'loopback');

  test('presigned URLs begin with it, whatever a proxy says', async () => {
    const user = await User.register(served);
    const headers = { 'x-forwarded-for': '::1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'other.example.com' };
    for (const given of [{}, headers]) {
      const url = await partUrl(user, served.base, given);
      expect(url.href).toMatch(/^https:\/\/example\.com\/trainyard\/-\/blobs\//);
      url.pathname = url.pathname.replace(/^\/trainyard/, '');
      expect(await isTaken(served, url)).toBe(true);
    }
  });
});

describe('on all addresses', () => {
  const served = useHost('--host', '0.0.0.0');

  /** Another address of this machine. Linux takes the whole network of the loopback for itself. */
  const another =
    process.platform === 'linux'
      ? '127.0.0.2'
      : Object.values(networkInterfaces())
          .flatMap((all) => all ?? [])
          .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  test('presigned URLs begin with the one that the caller is connected to, not with what he calls it', async () => {
    const user = await User.register(served);
    const base = served.base.replace('127.0.0.1', another!);
    const url = await partUrl(user, base, { host: 'evil.example.com', 'x-forwarded-host': 'evil.example.com' });
    expect(url.origin).toBe(base);
    expect((await fetch(url, { method: 'PUT', body: 'a,b\n' })).ok).toBe(true);
  });
});
