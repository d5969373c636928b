/** What somebody tries who has an API key of another account, too small a scope, a guess, or access to the storage. */
import { describe, expect, jest, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { keys } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { getModel } from '#domain/vault/models.ts';
import { throttled } from '#functions/manager/guess.ts';
import { describedRoutes, downloadRoutes } from '#functions/manager/routes.ts';
import { accountOf } from '#test/functions/platform/listed-records.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault();
const ofManager = (id: string) => getManager(world.platform.store.table, world.accountId, id);
const modelOf = async (id: string, name: string) => getModel(world.platform.store.table, await ofManager(id), name);
const fileOf = async (id: string, name: string) => {
  const { account_id, vault, revision } = await modelOf(id, name);
  return blobKeys.vaultFile(account_id, vault, revision);
};
const trail = async (id: string, query = '') =>
  (await world.call('GET', `/${id}/audit/trail${query}`)).body.audit_entries;

describe('of another account', () => {
  test('nothing of a vault exists, whatever the route', async () => {
    const id = await world.manager();
    await world.save(id, 'm');
    const { token } = await accountOf(world.platform, 'mallory');
    const json = { name: 'k', scope: 'admin' };
    const made = await world.platform.call({ method: 'POST', path: '/account/api-keys', token, json });
    const headers = { 'x-api-key': made.body.key };
    // The streaming function's own route is tried over HTTP.
    const below = describedRoutes.filter((one) => one.path.includes('{manager_id}') && !downloadRoutes.includes(one));
    for (const { method, path, request } of below) {
      const type = request.body?.accepts[0];
      const body = type === undefined ? {} : { raw: '{}', headers: { ...headers, 'content-type': type } };
      const named = path
        .replace('/api/model-manager', '')
        .replace('{manager_id}', id)
        .replace('{model_name}', 'm')
        .replace('{backup_name}', 'b')
        .replace('{upload_id}', '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55');
      const answer = await world.call(method, named, undefined, { headers, ...body });
      expect([method, path, answer.status, answer.body.error]).toEqual([method, path, 404, 'ManagerNotFoundError']);
      expect(answer.text).not.toContain(world.accountId);
    }
  });
});

describe('a scope', () => {
  test('read loads but does not save, train saves but does not delete, and neither reads the audit trail', async () => {
    const id = await world.manager();
    await world.save(id, 'm');
    const [read, train] = [await world.keyOf('read'), await world.keyOf('train')];
    const as = (key: string) => ({ headers: { 'x-api-key': key } });
    expect((await world.load(id, 'm', undefined, as(read))).status).toBe(200);
    const save = { model_name: 'n', model_data: 'AAAA' };
    expect((await world.call('POST', `/${id}/models/save`, save, as(read))).status).toBe(403);
    expect((await world.call('POST', `/${id}/models/save`, save, as(train))).status).toBe(201);
    for (const key of [read, train]) {
      expect((await world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true }, as(key))).status).toBe(403);
      expect((await world.call('GET', `/${id}/audit/trail`, undefined, as(key))).status).toBe(403);
      const passwords = { old_password: 'a', new_password: 'b' };
      expect((await world.call('PUT', `/${id}/security/password`, passwords, as(key))).status).toBe(403);
    }
  });
});

describe('names and fields', () => {
  const paths = ['../x', './a/../b', '/etc', 'C:\\x', 'a\\b', '..', './', 'a//b', '~/x\u0000', 'a/.hidden'];
  test.each(paths)('model_path %j is refused', async (model_path) => {
    const answer = await world.call('POST', '/create', { manager_id: 'p', config: { model_path } });
    expect([answer.status, answer.body.details]).toMatchObject([400, { 'config.model_path': expect.any(String) }]);
  });

  test.each(['../x', 'a/b', 'a#b', '.x', '', 'x'.repeat(129), 'list', 'a b', 'ä'])(
    'the name %j is refused',
    async (name) => {
      const id = await world.manager();
      expect((await world.save(id, name)).status).toBe(400);
      expect((await world.call('POST', `/${id}/backup/create`, { backup_name: name })).status).toBe(400);
      expect((await world.call('POST', '/create', { manager_id: name })).status).toBe(400);
    },
  );

  test('fields that only the vault sets are refused by name', async () => {
    const id = await world.manager();
    const more = { account_id: 'x', size: 1, encryption: null, revision: 'r' };
    const answer = await world.save(id, 'm', more);
    expect([answer.status, Object.keys(answer.body.details).sort()]).toEqual([400, Object.keys(more).sort()]);
    const config = { vault: 'x', models: 7 };
    const created = await world.call('POST', '/create', { manager_id: 'x', config });
    expect([created.status, Object.keys(created.body.details)]).toEqual([400, ['config.vault', 'config.models']]);
  });

  test.each(['a,b', ' a', 'a ', '\n', 'a\u0000b', ''])(
    'the tag %j is refused: nobody could ask for it',
    async (tag) => {
      const id = await world.manager();
      const { status, body } = await world.save(id, 'm', { tags: ['fine', tag] });
      expect([status, Object.keys(body.details)]).toEqual([400, ['tags[1]']]);
      await world.save(id, 'm');
      expect((await world.call('PATCH', `/${id}/models/m`, { tags: [tag] })).status).toBe(400);
    },
  );

  test.each(['not base64!', 'AAA', 'AA=A', 'AAAA\n', '===='])('model_data %j is refused', async (model_data) => {
    const id = await world.manager();
    expect((await world.save(id, 'm', { model_data })).status).toBe(400);
  });

  test.each([
    ['aGVsbG9=', 7, 8],
    ['aGVsbG8gAB==', 10, 12],
    ['AAB=', 3, 4],
  ])('model_data %s is refused for bits that are of no byte, with their place', async (model_data, place, length) => {
    const id = await world.manager();
    const { status, body } = await world.save(id, 'm', { model_data });
    const message = expect.stringContaining(`canonical Base64: character ${place} of ${length}, the last before`);
    expect([status, body.details]).toEqual([400, { model_data: message }]);
  });

  test('metadata over the bound, and parameters that take too much, are refused with their bound', async () => {
    const id = await world.manager();
    const big = await world.save(id, 'm', { metadata: { a: 'x'.repeat(140_000) } });
    expect([big.status, big.body.details.metadata]).toEqual([400, expect.stringContaining('131072')]);
    const config = { custom_key_derivation: { algorithm: 'Argon2', memory_cost: 10_000_000 } };
    const costly = await world.call('POST', '/create', { manager_id: 'costly', config });
    expect([costly.status, JSON.stringify(costly.body.details)]).toEqual([400, expect.stringContaining('262144')]);
  });
});

describe('a password', () => {
  test('that is wrong is 403, audited, and throttled for that model and address', async () => {
    const id = await world.manager();
    await world.save(id, 'm', { password: PASSWORD });
    await world.save(id, 'n', { password: PASSWORD });
    const from = { ip: '192.0.2.9' };
    for (let guess = 0; guess < 5; guess += 1) {
      expect((await world.load(id, 'm', `guess-${guess}`, from)).status).toBe(403);
    }
    expect((await world.load(id, 'm', PASSWORD, from)).status).toBe(429);
    expect((await world.load(id, 'm', PASSWORD, { ip: '192.0.2.10' })).status).toBe(200);
    expect((await world.load(id, 'n', PASSWORD, from)).status).toBe(200);
    const refused = (await trail(id, '?success=false')).map(({ reason }: { reason: string }) => reason);
    expect(refused).toEqual(['rate_limit_exceeded', ...Array(5).fill('wrong_password')]);
  });

  test('that others guess for their own models locks out nobody else at their address', async () => {
    const { store, settings } = world.platform;
    const guess = (account_id: string, id: string, run: () => Promise<string>) =>
      throttled({ adapters: store, settings } as never, { account_id, id }, by, run);
    const by = { userId: 'u', address: '192.0.2.77', requestId: 'r' };
    const wrong = async () => Promise.reject(new Error('wrong'));
    for (let n = 0; n < settings.rates.loginFailuresPerAddress; n += 1) {
      await expect(guess('guesser', `model_${n}`, wrong)).rejects.toThrow('wrong');
    }
    await expect(guess('guesser', 'one-more', async () => 'opened')).rejects.toThrow('Too many wrong passwords');
    expect(await guess('neighbour', 'model_1', async () => 'opened')).toBe('opened');
  });

  test('that is missing is 403', async () => {
    const id = await world.manager();
    await world.save(id, 'm', { password: PASSWORD });
    expect((await world.load(id, 'm')).status).toBe(403);
  });

  test('is in no log, error or record, and neither are the model and a signing key', async () => {
    const id = await world.manager();
    const secret = 'pa55-word-of-the-model';
    const pem = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LW9mLXRoZS1rZXk=\n-----END PRIVATE KEY-----';
    await world.save(id, 'm', { password: secret });
    const answers = [
      await world.save(id, 'm', { password: secret }),
      await world.save(id, 'n', { password: [secret] }),
      await world.save(id, 'n', { password: secret, model_data: `${secret}!` }),
      await world.save(id, 'n', { password: secret, digital_signature: true, signing_key: pem }),
      await world.load(id, 'm', `${secret}x`),
      await world.call('PUT', `/${id}/security/password`, {
        old_password: `${secret}y`,
        new_password: secret.repeat(50),
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([409, 400, 400, 400, 403, 400]);
    const { items } = await world.platform.store.table.query({
      partition: keys.vaultModel(world.accountId, (await ofManager(id)).vault, 'm').pk,
      limit: 100,
    });
    const seen = [...world.platform.logged, ...answers.map(({ text }) => text), JSON.stringify(items)].join('\n');
    for (const part of [secret, 'c2VjcmV0LW9m', FILE.toString('base64').slice(0, 40)]) expect(seen).not.toContain(part);
  });
});

describe('a stored file', () => {
  test.each([{}, { encryption_algorithm: 'ChaCha20Poly1305' }, { enable_encryption: false }])(
    'of which one byte was flipped is 422 and audited, wherever it is (%j)',
    async (config) => {
      const id = await world.manager({ ...config, backup_enabled: false });
      await world.save(id, 'm', { model_data: Buffer.from('tiny').toString('base64') });
      const { artifacts } = world.platform.store.blobs;
      const key = await fileOf(id, 'm');
      const { body } = await artifacts.get(key);
      const stored = Buffer.concat(await body.toArray());
      for (let at = 0; at < stored.length; at += 1) {
        const changed = Buffer.from(stored);
        changed[at]! ^= 1;
        // Another key of the cache than before: the file was put anew.
        await artifacts.put(key, changed);
        const answer = await world.load(id, 'm', undefined);
        expect([at, answer.status, answer.body.error]).toEqual([at, 422, 'IntegrityError']);
      }
      for (const cut of [0, 1, stored.length - 1]) {
        await artifacts.put(key, stored.subarray(0, cut));
        expect((await world.load(id, 'm')).status).toBe(422);
      }
      await artifacts.put(key, Buffer.concat([stored, Buffer.from([0])]));
      expect((await world.load(id, 'm')).status).toBe(422);
      const entries = await trail(id, '?action_type=model_load&success=false&limit=1000');
      expect(entries).toHaveLength(stored.length + 4);
      expect(entries[0]).toMatchObject({ reason: 'integrity_error', model_name: 'm' });
      await artifacts.put(key, stored);
      expect(bytesOf(await world.load(id, 'm')).toString()).toBe('tiny');
    },
  );

  test('that was swapped with another model’s, key and all, does not open', async () => {
    const id = await world.manager();
    await world.save(id, 'a', { password: PASSWORD });
    await world.save(id, 'b', { password: PASSWORD });
    const { table, blobs } = world.platform.store;
    const [fileA, fileB] = [await fileOf(id, 'a'), await fileOf(id, 'b')];
    const { body } = await blobs.artifacts.get(fileB);
    await blobs.artifacts.put(fileA, Buffer.concat(await body.toArray()));
    expect((await world.load(id, 'a', PASSWORD)).status).toBe(422);
    const { vault } = await ofManager(id);
    const [keyA, keyB] = ['a', 'b'].map((name) => keys.vaultModel(world.accountId, vault, name));
    const [a, b] = [(await table.get(keyA!))!, (await table.get(keyB!))!];
    const moved = { encryption: b.encryption!, digests: b.digests!, sha256: b.sha256! };
    await table.put({ ...a, ...moved });
    expect((await world.load(id, 'a', PASSWORD)).status).toBe(422);
    const forged = { ...(b.encryption as object), sealed_for: (a.encryption as { sealed_for: object }).sealed_for };
    await table.put({ ...a, ...moved, encryption: forged as typeof moved.encryption });
    expect((await world.load(id, 'a', PASSWORD)).status).toBe(422);
  });

  test('that is gone is 422, and a model that is deleted during a load is 404', async () => {
    const id = await world.manager();
    await world.save(id, 'm');
    const { artifacts } = world.platform.store.blobs;
    await artifacts.delete(await fileOf(id, 'm'));
    expect((await world.load(id, 'm')).status).toBe(422);
  });
});

describe('two at once', () => {
  test('save one name: one of them has it', async () => {
    const id = await world.manager();
    const answers = await Promise.all(Array.from({ length: 4 }, (_, i) => world.save(id, 'm', { tags: [`t${i}`] })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const { vault } = await ofManager(id);
    const { blobs } = await world.platform.store.blobs.artifacts.list(`${world.accountId}/vault/${vault}/`);
    expect(blobs).toHaveLength(1);
  });

  test('delete and load: the load is whole or 404', async () => {
    for (let tries = 0; tries < 5; tries += 1) {
      const id = await world.manager({ backup_enabled: false });
      await world.save(id, 'm');
      const [loaded, deleted] = await Promise.all([
        world.load(id, 'm'),
        world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true }),
      ]);
      expect(deleted.status).toBe(200);
      expect([200, 404]).toContain(loaded.status);
      if (loaded.status === 200) expect(bytesOf(loaded).equals(FILE)).toBe(true);
    }
  });
});
