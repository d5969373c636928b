import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await openPlatform({ jsonBodyBytes: 200, rates: { anonymousPerHour: 1000 } });
});
afterAll(() => platform.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const send = (raw: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
  platform.call({ method: 'POST', path: '/auth/login', raw, headers });
const detail = async (raw: string | Uint8Array) => {
  const answer = await send(raw);
  expect(answer.status).toBe(400);
  return answer.body.details[0];
};

describe('a JSON body', () => {
  test('that is malformed is refused with the position', async () => {
    expect(await detail('{"username": "ada",\n  "password": hunter2}')).toEqual({
      field: 'body',
      message: 'must be valid JSON; at line 2, column 15: expected a value',
    });
    expect(await detail('')).toEqual({ field: 'body', message: 'is required' });
    expect(await detail('   ')).toMatchObject({ message: expect.stringContaining('the text ends') });
  });

  test.each(['[]', '"text"', '12', 'null', 'true'])('that is %s, not an object, is refused', async (raw) => {
    expect(await detail(raw)).toEqual({ field: 'body', message: `must be an object; got ${raw}` });
  });

  test('names fields that are missing, unknown or of another type', async () => {
    const answer = await send('{"username": 7, "__proto__": {"admin": true}, "constructor": 1, "remember": true}');
    expect(answer.body.details).toEqual([
      { field: 'username', message: 'must be a string; got 7' },
      { field: 'password', message: 'is required' },
      { field: '__proto__', message: 'is not a known field; known are username, password' },
      { field: 'constructor', message: 'is not a known field; known are username, password' },
      { field: 'remember', message: 'is not a known field; known are username, password' },
    ]);
  });

  test('is UTF-8 of whole characters', async () => {
    const broken = Buffer.concat([Buffer.from('{"username": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(await detail(broken)).toEqual({ field: 'body', message: 'must be valid UTF-8' });
    expect((await detail('{"username": "\\ud800", "password": "x"}')).message).toContain('surrogate pair');
    expect((await detail('{"\\udc00": 1}')).message).toContain('surrogate pair');
    expect((await send('{"username": "\\ud83d\\ude00", "password": "x"}')).status).toBe(401);
    expect((await send(Buffer.from('{"username": "é", "password": "x"}'))).status).toBe(401);
  });

  test('that is compressed is refused as such, and not as broken text', async () => {
    const answer = await send(Buffer.from([0x1f, 0x8b, 8, 0]), { ...JSON_TYPE, 'content-encoding': 'gzip' });
    expect(answer.status).toBe(415);
    expect(answer.body.details).toEqual([{ field: 'content-encoding', message: 'must be identity; got gzip' }]);
    const plain = await send('{"username": "a", "password": "b"}', { ...JSON_TYPE, 'content-encoding': 'identity' });
    expect(plain.status).toBe(401);
  });

  test('nested deeper than anything needs is refused', async () => {
    expect((await detail(`{"username": ${'['.repeat(80)}`)).message).toContain('at most 32 levels deep');
  });

  test('that is too large is a 413 with limit and size', async () => {
    const fits = `{"username": "a", "password": "b"}`.padEnd(200);
    expect((await send(fits)).status).toBe(401);
    const answer = await send(`${fits} `);
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual({
      error: 'payload_too_large',
      message: 'Request body is too large',
      details: [{ field: 'body', message: 'must be at most 200 bytes; got 201' }],
    });
    expect((await send(Buffer.from(`${fits} `))).body.details[0].message).toContain('got 201');
    expect((await send('é'.repeat(101))).body.details[0].message).toContain('got 202');
  });

  test('of another media type is a 415 that names the accepted one', async () => {
    for (const [type, got] of [
      ['text/plain', 'text/plain'],
      ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded'],
      ['application/json; charset=latin1', 'application/json; charset=latin1'],
      ['', ''],
    ] as const) {
      const answer = await send('{}', { 'content-type': type });
      expect(answer.status).toBe(415);
      expect(answer.body.details).toEqual([{ field: 'content-type', message: `must be application/json; got ${got}` }]);
    }
    expect((await send('{}', {})).body.details[0].message).toBe('must be application/json; got none');
    expect((await send('{}', { 'Content-Type': 'Application/JSON; Charset="UTF-8"' })).status).toBe(400);
  });
});
