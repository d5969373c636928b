/** What the manifest of an archive has that nobody vouches for is what a save would have taken, or 400. */
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { outsideModel } from '#functions/manager/backup/outside-model.ts';
import { archiveOf, type Parts, sealedBy, takenOut, upload, withModels } from './forged.ts';
import { linearModel } from './onnx.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
let id: string;
let parts: Parts;
beforeAll(async () => {
  id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { metadata: { version: '2.0', framework: 'sklearn' }, tags: ['a'], password: PASSWORD });
  parts = await takenOut(world, id);
});

const forged = (change: object) =>
  withModels(parts, (models) => models.map((one) => ({ ...one, model: { ...one.model, ...change } })));
const digest = { sha256: 'a'.repeat(64), bytes: 1e12 };
const encryption = { algorithm: 'AES-256-GCM', key_derivation: 'scrypt', wrapped_key: {}, sealed_for: {} };
const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

const WRONG: readonly [string, object, string][] = [
  ['a size that overflows sums', { size: 9_007_199_254_740_991 }, 'models[0].model.size: Too big'],
  ['a size below zero', { size: -1e12 }, 'models[0].model.size: Too small'],
  ['digests of other sizes', { size: 1, compressed: false }, 'models[0].model.digests must be of the 1 bytes'],
  ['digests that are too large', { digests: { plaintext: digest, ciphertext: digest } }, 'plaintext.bytes: Too big'],
  ['a name that is a path', { name: '../../x' }, 'models[0].model.name: must have only letters'],
  ['a name of a route', { name: 'save' }, 'models[0].model.name: must not be save'],
  ['a name with a line break', { name: 'a\nb' }, 'models[0].model.name: must have only letters'],
  ['a name that is too long', { name: 'n'.repeat(3000) }, 'models[0].model.name: Too big'],
  ['metadata that is no JSON', { metadata: 'no JSON' }, 'models[0].model.metadata: must be JSON'],
  ['metadata that is no object', { metadata: '5' }, 'models[0].model.metadata: Invalid input'],
  ['too much metadata', { metadata: JSON.stringify({ a: 'x'.repeat(140_000) }) }, 'must have at most 131072 bytes'],
  ['metadata that is nested too deeply', { metadata: `{"a":${nested}}` }, 'metadata: must'],
  ['a time that is none', { created_at: 'yesterday' }, 'models[0].model.created_at: Invalid ISO datetime'],
  ['too many tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, 'models[0].model.tags: Too big'],
  ['a tag with a line break', { tags: ['a\nb'] }, 'models[0].model.tags.0: must have no control characters'],
  ['a hash that is none', { sha256: 'x' }, 'models[0].model.sha256: must be a SHA-256'],
  ['a key that is none', { encryption }, 'models[0].model.encryption.wrapped_key: '],
  ['a signature that is too large', { signature: 'x'.repeat(70_000) }, 'models[0].model.signature: must have at most'],
];

const old = { sha256: 'b'.repeat(64), bytes: 3000 };
/** As the first version of the vault wrote it; what was stored plainly it encrypted for one backup. */
const FIRST_VERSION = {
  ...{ pk: '', sk: '', content: `01997a2c-1111-7000-8000-000000000001-${old.sha256}`, bytes: 3100 },
  sealed: {
    key: Buffer.alloc(32).toString('base64'),
    digests: { plaintext: old, ciphertext: { ...old, bytes: 3100 } },
  },
  model: {
    ...{ pk: '', sk: '', id: 'model_01997a2c-1111-7000-8000-000000000002', name: 'old_v1.2', account_id: 'a' },
    ...{ manager_id: 'm', vault: 'v', revision: '01997a2c-1111-7000-8000-000000000003', family: 'old', version: '1.2' },
    ...{ metadata: '{"version":"1.2"}', tags: ['a, b'], size: 3000, sha256: old.sha256, compressed: false },
    digests: { plaintext: old, ciphertext: old },
    ...{ created_at: '2026-10-01T00:00:00.000Z', modified_at: '2026-10-01T00:00:00.000Z', saved_by: 'key_1' },
  },
};

describe('an archive whose manifest is not encrypted', () => {
  test.each(WRONG)('is refused for %s', async (_, change, reason) => {
    const { status, body } = await upload(world, id, await forged(change));
    expect([status, JSON.stringify(body.details)]).toEqual([400, expect.stringContaining(reason)]);
    expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(0);
  });

  test('is taken where it is as it was made, and its family and version follow from its name and metadata', async () => {
    expect((await upload(world, id, await forged({ version: '9', family: 'another' }))).status).toBe(201);
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
    expect((await world.call('POST', `/${id}/backup/restore`, { backup_name: 'b' })).status).toBe(200);
    expect((await world.call('GET', `/${id}/models/m/info`)).body.version).toBe('2.0');
    await world.call('DELETE', `/${id}/backup/b`);
  });

  test('is refused for more bytes than its models can have, before any of it is stored or read', async () => {
    const large = { ...parts, manifest: Buffer.alloc(3 * 1_048_576, '[],') };
    const { status, body } = await upload(world, id, gunzipSync(await archiveOf(large, { models: 1 })));
    const reason = 'its manifest has 3145728 bytes; one of 1 models has at most 2097152';
    expect([status, JSON.stringify(body.details)]).toEqual([400, expect.stringContaining(reason)]);
  });

  test('is refused for more models than its record has, of which the rest is not read', async () => {
    const { models, ...head } = JSON.parse(parts.manifest.toString());
    const text = `${JSON.stringify(head).slice(0, -1)},"models":[${JSON.stringify(models[0])},${'[],'.repeat(1000)}`;
    const answer = await upload(world, id, await archiveOf({ ...parts, manifest: Buffer.from(text) }));
    expect([answer.status, JSON.stringify(answer.body.details)]).toEqual([
      400,
      expect.stringContaining('it has more than the 1 models of its record'),
    ]);
  });
});

describe('an archive that this program has made', () => {
  const scrypt = { use_scrypt: true };
  const argon2 = { custom_key_derivation: { algorithm: 'Argon2', memory_cost: 19_456, time_cost: 1, parallelism: 1 } };
  test.each([
    ['stored plainly', { enable_encryption: false }, {}],
    ['with the key of the platform', {}, {}],
    ['with a password, by PBKDF2', {}, { password: PASSWORD }],
    ['with a password, by scrypt', scrypt, { password: PASSWORD }],
    ['with a password, by Argon2id', argon2, { password: PASSWORD }],
    ['under the other cipher', { encryption_algorithm: 'ChaCha20Poly1305' }, {}],
    ['signed', {}, { digital_signature: true }],
    ['with an int8 version', { enable_quantization: true }, {}],
  ])('of a model %s is taken back, and restored as it was', async (_, config, more) => {
    const of = await world.manager({ backup_enabled: false, ...config });
    const metadata = { performance_metrics: { accuracy: 0.9 }, description: 'ä"\\\n', nested: [{ a: null }] };
    const given = { model_data: linearModel().toString('base64'), metadata, tags: ['of ä', 'b'], ...more };
    expect((await world.save(of, 'classifier_v2.1', given)).status).toBe(201);
    const infoOf = async () => {
      const { body } = await world.call('GET', `/${of}/models/classifier_v2.1/info`);
      const { model_id, version, metadata, tags, int8, signed, size_mb, hash, created_at } = body;
      return { model_id, version, metadata, tags, int8, signed, size_mb, hash, created_at };
    };
    const before = await infoOf();
    const archive = await archiveOf(await takenOut(world, of));
    await world.call('DELETE', `/${of}/models/classifier_v2.1?confirm_deletion=true&backup_before_delete=false`);
    expect((await upload(world, of, archive)).status).toBe(201);
    expect((await world.call('POST', `/${of}/backup/restore`, { backup_name: 'b' })).status).toBe(200);
    expect(await infoOf()).toEqual(before);
  });

  test('is taken back from the first version as well', () => {
    expect(outsideModel(FIRST_VERSION, 'models[0]').model).toMatchObject({ name: 'old_v1.2', version: '1.2' });
  });
});

describe('an archive whose manifest its author has encrypted', () => {
  test('is refused by a restore, which says what is wrong with it', async () => {
    const { models, ...head } = JSON.parse(parts.manifest.toString());
    const wrong = [{ ...models[0], model: { ...models[0].model, size: 9_007_199_254_740_991 } }];
    const manifest = Buffer.from(JSON.stringify({ ...head, models: wrong }));
    expect((await upload(world, id, await sealedBy(PASSWORD, { ...parts, manifest }))).status).toBe(201);
    const request = { backup_name: 'b', restore_password: PASSWORD };
    const { status, body } = await world.call('POST', `/${id}/backup/restore`, request);
    expect([status, body.error, body.message]).toEqual([
      422,
      'UnsupportedModelError',
      expect.stringContaining('models[0].model.size: Too big'),
    ]);
    await world.call('DELETE', `/${id}/backup/b`);
  });
});
