import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Blobs } from '#domain/ports/blobs/port.ts';
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
    expect(answer.body.parts).toHaveLength(8);
    expect(answer.body.part_size).toBe(5 * 1024 * 1024);
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

  test('has new URLs for its parts, and says for how long they are valid', async () => {
    const { body } = await begin({ name: 'new-urls', file_size: 10_000_000 });
    expect(body.expires_in).toBe(86_400);
    const path = `/datasets/uploads/${body.upload_id}`;
    platform.clock.now += 3_600_000;
    token = await platform.login();
    const again = await platform.call({ path, token });
    expect(again.status).toBe(200);
    expect(again.body.parts.map(({ part }: { part: number }) => part)).toEqual([1, 2]);
    expect(again.body.parts[0].url).not.toBe(body.parts[0].url);
    expect((await platform.call({ path, token: await platform.login('eve') })).status).toBe(404);
    await platform.call({ method: 'DELETE', path, token });
    expect((await platform.call({ path, token })).status).toBe(404);
  });

  test('whose URLs end with the credentials that sign them says so', async () => {
    const { datasets } = platform.store.blobs;
    const seconds: number[] = [];
    const changed: Partial<Blobs> = {
      presignedSeconds: async () => 1800,
      presignParts: (key, id, parts, given) => {
        seconds.push(given);
        return datasets.presignParts(key, id, parts, given);
      },
    };
    const ending = new Proxy(datasets, {
      get: (target, name) => Reflect.get(changed, name) ?? Reflect.get(target, name).bind(target),
    });
    const short = await openPlatform({}, (adapters) => ({
      ...adapters,
      blobs: { ...adapters.blobs, datasets: ending },
    }));
    const json = { name: 'short', file_size: 10 };
    const answer = await short.call({ method: 'POST', path: '/datasets/uploads', token: await short.login(), json });
    expect([answer.body.expires_in, seconds]).toEqual([1800, [1800]]);
    await short.close();
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
