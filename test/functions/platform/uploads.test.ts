import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPlatform, type Platform } from './harness.ts';
import { CSV } from './records.ts';

let platform: Platform;
let token: string;
beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
});
afterAll(() => platform.close());

const begin = (json: object) => platform.call({ method: 'POST', path: '/datasets/uploads', token, json });

describe('an upload in parts', () => {
  test('has URLs for its parts, and is not a dataset before it is complete', async () => {
    const answer = await begin({ name: 'large', file_size: 40_000_000, target: 'y' });
    expect(answer.status).toBe(201);
    expect(answer.body.parts).toHaveLength(3);
    expect(answer.body.part_size).toBe(16 * 1024 * 1024);
    expect((await platform.call({ path: '/datasets', token })).body.total).toBe(0);
    const path = `/datasets/uploads/${answer.body.upload_id}`;
    const early = await platform.call({
      method: 'POST',
      path: `${path}/complete`,
      token,
      json: { parts: [{ part: 1, etag: 'x' }] },
    });
    expect(early.status).toBe(400);
    expect(early.body.details[0].field).toBe('parts');
    const stranger = await platform.login('mallory');
    expect((await platform.call({ method: 'DELETE', path, token: stranger })).status).toBe(404);
    expect((await platform.call({ method: 'DELETE', path, token })).status).toBe(204);
    expect((await platform.call({ method: 'DELETE', path, token })).status).toBe(404);
  });

  test.each([
    [{ name: 'x' }, 'file_size', 'is required'],
    [{ name: 'x', file_size: 0 }, 'file_size', 'must be between 1 and 1000000000000; got 0'],
    [{ name: 'x', file_size: 1.5 }, 'file_size', 'must be a whole number; got 1.5'],
    [{ file_size: CSV.length }, 'name', 'is required'],
  ])('refuses %j', async (json, field, message) => {
    expect((await begin(json)).body.details).toEqual([{ field, message }]);
  });
});
