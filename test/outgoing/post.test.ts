import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { makePost, type PostOptions } from '#outgoing/post.ts';
import { Receiver, status } from '../functions/events/webhooks/receiver.ts';

const OPTIONS = { rules: { loopback: true }, timeoutMs: 5000, responseBytes: 1024 };

let receiver: Receiver;
beforeEach(async () => {
  receiver = await new Receiver().start();
});
afterEach(() => receiver.stop());

const port = () => new URL(receiver.url).port;

/** A POST with a resolver that gives these answers, one after the other, and counts how often it was asked. */
function resolving(answers: readonly (readonly string[])[], options: Partial<PostOptions> = {}) {
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return answers[Math.min(asked.length, answers.length) - 1]!;
  };
  const post = makePost({ ...OPTIONS, resolve, ...options });
  const send = (url: string) => post({ url, headers: { 'x-a': 'b' }, body: 'é' });
  return { send, asked };
}

describe('a POST by https', () => {
  // Made for these tests, for the name receiver.example.
  const [cert, key] = ['crt', 'key'].map((ending) => readFileSync(`test/fixtures/tls/receiver.${ending}`, 'utf8'));
  const names: unknown[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    names.push((request.socket as TLSSocket).servername);
    response.end('hello');
  });
  beforeAll(async () => void (await once(server.listen(0, '127.0.0.1'), 'listening')));
  afterAll(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  const url = (name: string) => `https://${name}:${(server.address() as AddressInfo).port}/`;

  test('is for the name in the URL, at the address that was checked', async () => {
    const { send } = resolving([['127.0.0.1']], { ca: cert! });
    expect(await send(url('receiver.example'))).toMatchObject({ status: 200, body: 'hello' });
    expect(names).toEqual(['receiver.example']);
  });

  test('is refused where the certificate is for another name, or of nobody known', async () => {
    const { send } = resolving([['127.0.0.1']], { ca: cert! });
    await expect(send(url('other.example'))).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
    const { send: strict } = resolving([['127.0.0.1']]);
    await expect(strict(url('receiver.example'))).rejects.toThrow('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(names).toHaveLength(1);
  });
});

describe('a POST to a URL that a user chose', () => {
  test('connects to the address that was checked, whatever the name leads to a moment later', async () => {
    const other = await new Receiver('127.0.0.2').start();
    const { send, asked } = resolving([['127.0.0.1'], ['127.0.0.2']]);
    expect(await send(`http://a.localhost:${port()}/x?y=z`)).toMatchObject({ status: 200 });
    expect(asked).toEqual(['a.localhost']);
    expect(receiver.received).toMatchObject([
      {
        method: 'POST',
        path: '/x?y=z',
        headers: { host: `a.localhost:${port()}`, 'x-a': 'b', 'content-length': '2' },
        body: 'é',
      },
    ]);
    expect(other.received).toEqual([]);
    await other.stop();
  });

  test('is not sent when any address of the name is not public, whichever the others are', async () => {
    for (const addresses of [['10.0.0.1'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.1'], ['::ffff:127.0.0.1']]) {
      const { send } = resolving([addresses]);
      await expect(send(`http://a.localhost:${port()}/`)).rejects.toThrow('leads to an address that is not public');
    }
    const { send } = resolving([['127.0.0.1']], { rules: { loopback: false } });
    await expect(send(`https://example.com:${port()}/`)).rejects.toThrow('not public: loopback');
    expect(receiver.received).toEqual([]);
  });

  test('says of a refused address what kind it is, and not which', async () => {
    const { send } = resolving([['10.1.2.3']]);
    const error = await send('https://internal.example.com/').catch((thrown: Error) => thrown);
    expect(String(error)).toBe('NoResponseError: the name leads to an address that is not public: private');
  });

  test('is not sent by http to an address that only the name makes look like this machine', async () => {
    for (const addresses of [['93.184.216.34'], ['127.0.0.1', '93.184.216.34']]) {
      const { send } = resolving([addresses]);
      await expect(send(receiver.url.replace('127.0.0.1', 'a.localhost'))).rejects.toThrow(
        'http is only for loopback addresses',
      );
    }
    expect(receiver.received).toEqual([]);
  });

  test('is not sent to a literal that is refused, without asking a resolver', async () => {
    const { send, asked } = resolving([['127.0.0.1']], { rules: { loopback: false } });
    for (const host of ['127.0.0.1', '[::1]', '2130706433', '169.254.169.254', '[fd00:ec2::254]']) {
      await expect(send(`https://${host}/`)).rejects.toThrow('the URL must');
    }
    expect(asked).toEqual([]);
  });

  test('follows no redirect', async () => {
    const other = await new Receiver().start();
    receiver.next = [status(302, { location: other.url })];
    const { send } = resolving([['127.0.0.1']]);
    expect(await send(receiver.url)).toMatchObject({ status: 302, headers: { location: other.url } });
    expect(other.received).toEqual([]);
    await other.stop();
  });

  test('reads only the beginning of an answer without end', async () => {
    let open = true;
    let written = 0;
    receiver.next = [
      (_, response) => {
        response.on('close', () => {
          open = false;
        });
        const more = (): void => {
          while (open && response.write('x'.repeat(10_000))) written += 10_000;
          if (open) response.once('drain', more);
        };
        more();
      },
    ];
    const { send } = resolving([['127.0.0.1']]);
    expect(await send(receiver.url)).toMatchObject({ status: 200, body: 'x'.repeat(1024) });
    // No more than fits into the buffers in between.
    expect(written).toBeLessThan(20_000_000);
  });

  test('refuses a header that is too large', async () => {
    receiver.next = [status(200, { 'x-large': 'x'.repeat(20_000) })];
    const { send } = resolving([['127.0.0.1']]);
    await expect(send(receiver.url)).rejects.toThrow('the request failed: HPE_HEADER_OVERFLOW');
  });

  test('is cut when the name is not resolved in time', async () => {
    const post = makePost({ ...OPTIONS, timeoutMs: 20, resolve: () => new Promise(() => undefined) });
    // A timer that only waits does not keep the process alive.
    const alive = setInterval(() => undefined, 1000);
    await expect(post({ url: 'https://example.com/', headers: {}, body: '' })).rejects.toThrow(
      'no response within 0.02 s',
    );
    clearInterval(alive);
  });

  test('says that a name cannot be resolved, and nothing of why', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('a server of ours'), { code: 'ECONNREFUSED' }));
    const post = makePost({ ...OPTIONS, resolve });
    const error = await post({ url: 'https://example.com/', headers: {}, body: '' }).catch((thrown: Error) => thrown);
    expect(String(error)).toBe('NoResponseError: the name cannot be resolved');
  });

  test('asks nobody for the names of this machine', async () => {
    const post = makePost(OPTIONS);
    for (const name of ['localhost', 'LOCALHOST', 'a.localhost', 'localhost.']) {
      const url = receiver.url.replace('127.0.0.1', name);
      expect(await post({ url, headers: {}, body: '' })).toMatchObject({ status: 200 });
    }
    expect(receiver.received).toHaveLength(4);
  });
});
