/** What only the listener of one machine can be asked: how it reads what comes over a socket. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { useHost } from './use-host.ts';
import { User } from './user.ts';

const LIMIT = 32 * 1024 * 1024;

const UPLOADS = 12;

const served = useHost();

/** The resident memory of a process. */
const residentBytes = (pid = 0): number => 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]));

async function read(response: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as { error: string; details: { message: string }[] };
}

describe('the listener', () => {
  test('receives many large uploads at once in little memory', async () => {
    const users = [await User.register(served), await User.register(served)];
    const bytes = 30_000_000;
    const before = residentBytes(served.host.child.pid);
    const uploads = Array.from({ length: UPLOADS }, (_, n) => {
      const outgoing = request(`${served.base}/datasets/upload`, {
        method: 'POST',
        headers: {
          'content-type': 'multipart/form-data; boundary=x',
          'content-length': bytes,
          authorization: `Bearer ${users[n % 2]!.client.token}`,
        },
      });
      outgoing.on('error', () => {});
      return outgoing;
    });
    // Without their last bytes, all of them are in flight.
    await Promise.all(uploads.map((upload) => new Promise((sent) => upload.write(Buffer.alloc(bytes - 1), sent))));
    const grown = residentBytes(served.host.child.pid) - before;
    for (const upload of uploads) upload.destroy();
    expect(grown).toBeLessThan((UPLOADS * bytes) / 2);
  });

  test('refuses a body that is announced too large before it is sent', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': LIMIT * 2, expect: '100-continue' };
    const outgoing = request(`${served.base}/auth/login`, { method: 'POST', headers });
    let asked = false;
    outgoing.on('continue', () => {
      asked = true;
    });
    outgoing.flushHeaders();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const body = await read(response);
    outgoing.destroy();
    expect([response.statusCode, asked]).toEqual([413, false]);
    expect(body.error).toBe('payload_too_large');
    expect(body.details[0]!.message).toContain(String(LIMIT * 2));
  });

  test('refuses a body that turns out too large', async () => {
    const outgoing = request(`${served.base}/datasets/upload`, {
      method: 'POST',
      headers: {
        'content-type': 'multipart/form-data; boundary=x',
        'transfer-encoding': 'chunked',
        authorization: `Bearer ${(await User.register(served)).client.token}`,
      },
    });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    const megabyte = Buffer.alloc(1024 * 1024, 'a');
    for (let i = 0; i < 34; i++) {
      if (!outgoing.write(megabyte)) await Promise.race([once(outgoing, 'drain'), answered]);
    }
    outgoing.end();
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect((await read(response)).error).toBe('payload_too_large');
  });

  test('survives clients that disconnect', async () => {
    const socket = connect(Number(new URL(served.base).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"user',
    );
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(served.base)).status).toBe(200);
  });

  test('answers a malformed path with an error of the surface', async () => {
    const response = await fetch(`${served.base}/%ff`);
    expect(response.status).toBe(404);
    expect(await response.json()).toHaveProperty('error');
  });
});
