/** Uploads in parts that were begun together are held to what an account may store when they end. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { describedRoutes } from '#functions/platform/described-routes.ts';
import { renderError } from '#functions/platform/errors.ts';
import { importer } from '#functions/platform/models/importer.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { putPart } from '../manager/presigned.ts';
import { openPlatform, type Platform } from './harness.ts';
import { SERVING } from './records.ts';

let platform: Platform;
afterEach(() => platform.close());

const caps = { storedBytesPerAccount: 1000 };
const post = (token: string, path: string, json: object) => platform.call({ method: 'POST', path, token, json });
const stored = async (token: string) => (await platform.call({ path: '/account/usage', token })).body.storage;

describe('datasets', () => {
  const file = Buffer.from(`a,y\n${Array.from({ length: 99 }, (_, i) => `1,${i % 2}\n`).join('')}`);
  const begin = async (token: string, name: string) => {
    const { body } = await post(token, '/datasets/uploads', { name, file_size: file.length });
    const parts = [{ part: 1, etag: await putPart(platform.store, body.parts[0].url, file) }];
    return () => post(token, `/datasets/uploads/${body.upload_id}/complete`, { parts });
  };

  test.each([
    ['of one name', () => 'same'],
    ['of several names', (n: number) => `name-${n}`],
  ])('%s that end at the same moment', async (_, name) => {
    platform = await openPlatform({ caps });
    const token = await platform.login();
    const begun = [await begin(token, name(1)), await begin(token, name(2)), await begin(token, name(3))];
    const answers = await Promise.all(begun.map((end) => end()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 507]);
    expect(await stored(token)).toMatchObject({ dataset_bytes: 800, total_bytes: 800 });
    // Deleting something makes room for the one that was refused: it is still there.
    const [made] = answers.filter(({ status }) => status === 201);
    await platform.call({ method: 'DELETE', path: `/datasets/${made!.body.id}`, token });
    const late = await begun[answers.findIndex(({ status }) => status === 507)]!();
    expect(late.status).toBe(201);
  });

  test('one that is completed by several requests at once is one dataset', async () => {
    platform = await openPlatform({ caps: { storedBytesPerAccount: 400 } });
    const end = await begin(await platform.login(), 'one');
    const answers = await Promise.all([end(), end(), end()]);
    expect(answers.every(({ status }) => status < 300)).toBe(true);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });
});

describe('models', () => {
  /** Weights of one tensor. */
  const file = (() => {
    const header = Buffer.from(JSON.stringify({ w: { dtype: 'F32', shape: [100], data_offsets: [0, 400] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, Buffer.alloc(400)]);
  })();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };

  const open = async () => {
    platform = await openPlatform({ caps: { storedBytesPerAccount: 2500 } });
    const { settings } = platform;
    const predictor = { predict: async () => [], describe: async () => SERVING };
    const services = makeServices(permitted('platform-import', platform.store), { settings, logger });
    const handler = makeSurface(
      { routes: describedRoutes, renderError },
      { ...services, predictor, importer: async () => importer },
    );
    const token = await platform.login();
    const send = (path: string, json: object) => platform.call({ method: 'POST', path, token, json }, handler);
    const begin = async (name: string) => {
      const { body } = await send('/models/import/uploads', { file_name: 'w.safetensors', file_size: file.length });
      const parts = [{ part: 1, etag: await putPart(platform.store, body.parts[0].url, file) }];
      return () => send(`/models/import/uploads/${body.upload_id}/complete`, { parts, name });
    };
    return { token, begun: [await begin('a'), await begin('b'), await begin('c'), await begin('d'), await begin('e')] };
  };

  const expectWithin = async (token: string, answers: readonly { readonly status: number }[]) => {
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201, 507]));
    const { model_bytes, total_bytes } = await stored(token);
    expect(total_bytes).toBe(model_bytes);
    expect(total_bytes).toBeLessThanOrEqual(2500);
    // None is refused for which there is room.
    expect(total_bytes + model_bytes / statuses.filter((status) => status === 201).length).toBeGreaterThan(2500);
  };

  test('that end one after the other', async () => {
    const { token, begun } = await open();
    const answers = [];
    for (const end of begun) answers.push(await end());
    await expectWithin(token, answers);
  });

  test('that end at the same moment', async () => {
    const { token, begun } = await open();
    await expectWithin(token, await Promise.all(begun.map((end) => end())));
  });
});
