import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { useHost } from './use-host.ts';
import { User } from './user.ts';

const LIMIT = 32 * 1024 * 1024;

const served = useHost();

async function read(response: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as { error: string; details: { message: string }[] };
}

describe('the listener', () => {
  test('refuses a body that is announced too large before it is sent', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': LIMIT * 2, expect: '100-continue' };
    const outgoing = request(`${served.host.base}/auth/login`, { method: 'POST', headers });
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
    const outgoing = request(`${served.host.base}/datasets/upload`, {
      method: 'POST',
      headers: {
        'content-type': 'multipart/form-data; boundary=x',
        'transfer-encoding': 'chunked',
        authorization: `Bearer ${(await User.register(served.host.base)).client.token}`,
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

  test('answers HEAD with the head alone', async () => {
    const response = await fetch(served.host.base, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('json');
    expect(await response.text()).toBe('');
  });

  test('takes names that every object has for names like any other', async () => {
    const outgoing = request(`${served.host.base}/?constructor=1&__proto__=2`, { headers: { toString: '1' } });
    outgoing.setHeader('__proto__', '1').end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);

    const { token } = (await User.register(served.host.base)).client;
    const answer = await fetch(`${served.host.base}/datasets?constructor=1&__proto__=2`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(400);
    const { details } = (await answer.json()) as { details: { field: string }[] };
    expect(details.map(({ field }) => field)).toEqual(['constructor', '__proto__']);
  });

  test('survives clients that break off', async () => {
    const socket = connect(Number(new URL(served.host.base).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"user',
    );
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(served.host.base)).status).toBe(200);
  });

  test('answers nonsense with an error of the surface', async () => {
    for (const path of ['/no/such/path', '//', '/%ff', '/models/%00/predict', `/${'x'.repeat(5000)}`]) {
      const response = await fetch(`${served.host.base}${path}`);
      expect([400, 401, 404, 405]).toContain(response.status);
      expect(await response.json()).toHaveProperty('error');
    }
  });
});
