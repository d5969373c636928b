/** What a careless caller or a bad day brings: nothing acknowledged is lost, and nothing half-done is visible. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { abandon } from '#domain/abandon.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault();
const PLAIN = { backup_enabled: false };
const filesOf = async () => (await world.platform.store.blobs.artifacts.list(`${world.accountId}/vault/`)).blobs;
const listed = async (id: string): Promise<string[]> =>
  (await world.call('GET', `/${id}/models/list`)).body.models.map((one: { model_name: string }) => one.model_name);

describe('a save', () => {
  test.each(['bW9kZWw', 'bW9kZWw=\n', 'bW9k ZWw=', 'bW9k-_w=', 'data:;base64,bW9kZWw=', '=W9kZWw='])(
    'of the text %j, which is no Base64 with padding, is refused and shows none of it',
    async (model_data) => {
      const id = await world.manager(PLAIN);
      const { status, body, text } = await world.save(id, 'm', { model_data });
      expect([status, body.details]).toEqual([400, { model_data: expect.stringContaining('must be Base64') }]);
      expect(text).not.toContain(model_data);
      expect(await listed(id)).toEqual([]);
    },
  );

  test('whose body is larger than a request may be is 413 with the bound', async () => {
    const id = await world.manager(PLAIN);
    const { uploadBytes } = world.platform.settings;
    const model_data = randomBytes(uploadBytes * 0.75).toString('base64');
    const { status, body } = await world.save(id, 'm', { model_data });
    expect([status, body.error, JSON.stringify(body.details)]).toEqual([
      413,
      'PayloadTooLargeError',
      expect.stringContaining(`at most ${uploadBytes} bytes`),
    ]);
    expect(await listed(id)).toEqual([]);
  });

  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  const pem = (key: KeyObject, more = {}): string => key.export({ ...pkcs8, ...more }).toString();
  const ed25519 = generateKeyPairSync('ed25519');
  const lock = { cipher: 'aes-256-cbc', passphrase: 'x' };
  const KEYS: readonly [string, string][] = [
    ['no PEM', 'private_key_pem'],
    ['the public half', ed25519.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['a key for another purpose', pem(generateKeyPairSync('x25519').privateKey)],
    ['a key of another curve', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    ['a key that was cut', pem(ed25519.privateKey).slice(0, 60)],
    ['a key under a password', pem(ed25519.privateKey, lock)],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ];
  test.each(KEYS)('signed with %s is refused and shows none of it', async (_, signing_key) => {
    const id = await world.manager(PLAIN);
    const { status, body, text } = await world.save(id, 'm', { digital_signature: true, signing_key });
    expect([status, Object.keys(body.details)]).toEqual([400, ['signing_key']]);
    const secret = signing_key.split('\n')[1];
    if (secret) expect(text).not.toContain(secret);
    expect(await listed(id)).toEqual([]);
  });

  test('of one name by several at once, each replacing, loses none that was acknowledged', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm');
    const contents = ['a', 'b', 'c', 'd'];
    const answers = await Promise.all(
      contents.map((text) =>
        world.save(id, 'm', { model_data: Buffer.from(text).toString('base64'), replace_existing: true }),
      ),
    );
    const saved = contents.filter((_, i) => answers[i]!.status === 201);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    const { revisions } = (await world.call('GET', `/${id}/models/m/info`)).body;
    const load = async (revision?: string) =>
      bytesOf(await world.call('POST', `/${id}/models/load`, { model_name: 'm', revision })).toString();
    const kept = await Promise.all(revisions.map(({ revision }: { revision: string }) => load(revision)));
    expect([...kept, await load()].sort()).toEqual([...saved, FILE.toString()].sort());
  });
});

describe('parameters of a key derivation', () => {
  const argon2 = (more: object) => ({ custom_key_derivation: { algorithm: 'Argon2', ...more } });
  test.each([
    [{ key_iterations: 99_999 }, 'key_iterations', /got 99999$/],
    [{ use_scrypt: false, key_iterations: 5_000_001 }, 'key_iterations', /got 5000001$/],
    [{ use_scrypt: false, hash_algorithm: 'md5' }, 'hash_algorithm', /got "md5"$/],
    [argon2({ memory_cost: 262_145 }), 'custom_key_derivation.memory_cost', /got 262145$/],
    [argon2({ time_cost: 11 }), 'custom_key_derivation.time_cost', /got 11$/],
    [argon2({ parallelism: 5 }), 'custom_key_derivation.parallelism', /got 5$/],
    [argon2({ algorithm: 'bcrypt' }), 'custom_key_derivation.algorithm', /got "bcrypt"$/],
  ])('that take too much or too little are refused when the manager is created: %j', async (config, field, value) => {
    const { status, body } = await world.call('POST', '/create', { manager_id: 'costly', config });
    expect(status).toBe(400);
    expect(body.details).toEqual({ [`config.${field}`]: expect.stringMatching(value) });
    expect((await world.call('GET', '/costly/info')).status).toBe(404);
  });
});

describe('a restore onto a full disk', () => {
  test('leaves what was there, and nothing half restored', async () => {
    const id = await world.manager(PLAIN);
    for (const name of ['a', 'b', 'c']) await world.save(id, name, { password: PASSWORD });
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'daily' });
    for (const name of ['a', 'b']) {
      await world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true, backup_before_delete: false });
    }
    const before = await filesOf();
    const { artifacts } = world.platform.store.blobs;
    const put = artifacts.put;
    let files = 0;
    const full = jest.spyOn(artifacts, 'put').mockImplementation(async (...given) => {
      files += 1;
      // As the bucket itself does.
      if (files > 1 && !(given[1] instanceof Uint8Array)) await abandon(given[1]);
      if (files > 1) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      return put.apply(artifacts, given);
    });
    const restore = (more: object = {}) =>
      world.call('POST', `/${id}/backup/restore`, { backup_name: 'daily', ...more });
    const failed = await restore({ overwrite_existing: true });
    expect([failed.status, JSON.stringify(failed.body)]).toEqual([500, expect.not.stringContaining('device')]);
    full.mockRestore();
    // One was whole before the disk was full; of the next there is nothing, and the third is as it was.
    expect(await listed(id)).toEqual(['a', 'c']);
    expect((await filesOf()).length).toBe(before.length + 1);
    for (const name of ['a', 'c']) expect(bytesOf(await world.load(id, name, PASSWORD)).equals(FILE)).toBe(true);
    expect((await restore()).body).toMatchObject({ restored_models: ['b'], skipped_models: ['a', 'c'] });
    expect(bytesOf(await world.load(id, 'b', PASSWORD)).equals(FILE)).toBe(true);
  });
});
