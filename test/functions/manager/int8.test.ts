import { describe, expect, jest, test } from '@jest/globals';
import type { Manager } from '#domain/vault/manager.ts';
import { compareOutputs } from '#engine/onnx/int8/difference.ts';
import { quantized } from '#functions/manager/models/int8.ts';
import { linearModel } from './onnx.ts';
import { bytesOf, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const MODEL = linearModel();
const base64 = MODEL.toString('base64');

async function quantizing(config: object = {}): Promise<string> {
  return world.manager({ enable_quantization: true, backup_enabled: false, ...config });
}
const save = (id: string, more: object = {}) => world.save(id, 'm', { model_data: base64, ...more });
const int8Of = (id: string, more: object = {}) =>
  world.call('POST', `/${id}/models/load`, { model_name: 'm', variant: 'int8', ...more });

describe('a manager with enable_quantization', () => {
  test.each([
    ['encrypted under the platform’s key', {}, {}],
    ['encrypted under a password', {}, { password: PASSWORD }],
    ['stored plainly', { enable_encryption: false }, {}],
  ])('has an int8 version of an ONNX model, %s, and says how far it differs', async (_, config, secret) => {
    const id = await quantizing(config);
    const saved = await save(id, secret);
    expect([saved.status, saved.body.warnings]).toEqual([201, []]);
    const original = await world.call('POST', `/${id}/models/load`, { model_name: 'm', ...secret });
    expect(bytesOf(original).equals(MODEL)).toBe(true);
    const loaded = await int8Of(id, secret);
    const bytes = bytesOf(loaded);
    expect(bytes.length).toBeLessThan(0.4 * MODEL.length);
    const found = await compareOutputs(MODEL, bytes);
    expect(saved.body.int8).toMatchObject({
      size_mb: bytes.length / 1e6,
      largest_difference: found.largest,
      mean_difference: found.mean,
      output_range: [...found.range],
      input_scales: [0.01, 0.1, 1, 10, 100],
    });
    expect((await world.call('GET', `/${id}/models/m/info`)).body.int8).toEqual(saved.body.int8);
    const { body } = await world.call('POST', `/${id}/models/download`, {
      model_name: 'm',
      variant: 'int8',
      ...secret,
    });
    expect(body).toMatchObject({ size_bytes: bytes.length, hash: saved.body.int8.hash });
  });

  test('needs the password for it', async () => {
    const id = await quantizing();
    await save(id, { password: PASSWORD });
    expect((await int8Of(id)).status).toBe(403);
    expect((await int8Of(id, { password: 'wrong' })).status).toBe(403);
  });

  test('says in a warning why a file has none', async () => {
    const id = await quantizing();
    const { status, body } = await world.save(id, 'pickle');
    expect([status, body.int8, body.warnings]).toEqual([
      201,
      null,
      [expect.stringMatching(/^There is no int8 version: not an ONNX model/)],
    ]);
    const load = await world.call('POST', `/${id}/models/load`, { model_name: 'pickle', variant: 'int8' });
    expect([load.status, load.body.message]).toEqual([422, expect.stringMatching(/has no int8 version/)]);
  });

  test('says in a warning where there is no memory for it', async () => {
    const config = { enable_quantization: true };
    const quantize = () => Promise.reject(new Error('it must not begin'));
    const made = await quantized(
      { quantize, freeMemory: () => 100_000_000 },
      { config } as unknown as Manager,
      50_000_000,
      () => new Uint8Array(),
    );
    expect(made).toEqual({
      warning: 'There is no int8 version: it takes about 200 MB of memory, of which 100 are free',
    });
  });

  test('makes none where it is off', async () => {
    const id = await world.manager({ backup_enabled: false });
    expect((await save(id)).body).toMatchObject({ int8: null, warnings: [] });
  });

  test.each([false, true])('rotates it with the model (new keys: %j)', async (rotate_model_keys) => {
    const id = await quantizing();
    await save(id, { password: PASSWORD });
    const before = bytesOf(await int8Of(id, { password: PASSWORD }));
    const passwords = { old_password: PASSWORD, new_password: 'another', rotate_model_keys };
    expect((await world.call('PUT', `/${id}/security/password`, passwords)).body.rotated).toBe(1);
    expect(bytesOf(await int8Of(id, { password: 'another' })).equals(before)).toBe(true);
    expect((await int8Of(id, { password: PASSWORD })).status).toBe(403);
  });

  test.each([{}, { enable_encryption: false }])('backs it up and restores it (%j)', async (config) => {
    const id = await quantizing(config);
    await save(id);
    const before = bytesOf(await int8Of(id));
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
    await world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true });
    expect((await world.call('POST', `/${id}/backup/restore`, { backup_name: 'b' })).body.restored_models).toEqual([
      'm',
    ]);
    expect(bytesOf(await int8Of(id)).equals(before)).toBe(true);
  });

  test('refuses the files where they have changed places', async () => {
    const id = await quantizing();
    const { artifacts } = world.platform.store.blobs;
    const files = async () => (await artifacts.list(`${world.accountId}/`)).blobs.map(({ key }) => key);
    const before = await files();
    await save(id);
    const [own, int8] = (await files()).filter((key) => !before.includes(key));
    expect([own, int8]).toEqual([expect.stringMatching(/\/data$/), expect.stringMatching(/\/int8$/)]);
    const read = async (key: string) => Buffer.concat(await (await artifacts.get(key)).body.toArray());
    const [a, b] = [await read(own!), await read(int8!)];
    await artifacts.put(own!, b);
    await artifacts.put(int8!, a);
    expect([(await world.load(id, 'm')).status, (await int8Of(id)).status]).toEqual([422, 422]);
  });
});
