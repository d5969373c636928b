import { describe, expect, jest, test } from '@jest/globals';
import { getManager } from '#domain/vault/managers.ts';
import { findModel } from '#domain/vault/models.ts';
import { type Dying, dying } from './dying.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(120_000);

let process: Dying | undefined;
const world = useVault((adapters) => {
  process = dying(adapters);
  return process.adapters;
});

const NEW = 'new_secure_password';
const rotate = (id: string, more = {}, ip = '192.0.2.1') =>
  world.call('PUT', `/${id}/security/password`, { old_password: PASSWORD, new_password: NEW, ...more }, { ip });
const opens = async (id: string, name: string, password: string) => {
  const answer = await world.load(id, name, password, { ip: `192.0.2.${Math.ceil(Math.random() * 250)}` });
  return answer.status === 200 && bytesOf(answer).equals(FILE);
};

async function filled(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['a', 'b']) await world.save(id, name, { password: PASSWORD });
  await world.save(id, 'other', { password: 'another password' });
  await world.save(id, 'platform');
  return id;
}

describe('changing the password', () => {
  test('says so where there was nothing that it could change', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'platform');
    const { status, body } = await rotate(id);
    expect([status, body]).toMatchObject([
      200,
      { rotated: 0, skipped: 1, message: expect.stringContaining('nothing was updated') },
    ]);
  });

  test.each([false, true])(
    'counts what it did, and leaves the others as they are (new keys: %j)',
    async (rotate_model_keys) => {
      const id = await filled();
      const { status, body } = await rotate(id, { rotate_model_keys });
      expect([status, body]).toMatchObject([
        200,
        { rotated: 2, skipped: 2, failed: 0, remaining: 0, status: 'completed' },
      ]);
      expect([await opens(id, 'a', NEW), await opens(id, 'b', NEW)]).toEqual([true, true]);
      expect([await opens(id, 'a', PASSWORD), await opens(id, 'other', 'another password')]).toEqual([false, true]);
      const found = (await world.call('GET', `/${id}/security/status`)).body.last_key_rotation;
      expect(found).not.toBeNull();
    },
  );

  test('to the same one is refused, unless there are new keys', async () => {
    const id = await filled();
    const same = { new_password: PASSWORD };
    for (const old_password of [PASSWORD, 'none of theirs']) {
      const { status, body } = await rotate(id, { old_password, new_password: old_password });
      const said = 'must not be the old password, unless rotate_model_keys is true';
      expect([status, body.error, body.details]).toEqual([400, 'ValidationError', { new_password: said }]);
      expect(JSON.stringify(body)).not.toContain(old_password);
    }
    const failed = await world.call('GET', `/${id}/audit/trail?action_type=password_update&success=false`);
    expect(failed.body.audit_entries).toMatchObject(Array(2).fill({ reason: 'validation_error' }));
    const { table } = world.platform.store;
    const revision = async () => (await findModel(table, await getManager(table, world.accountId, id), 'a'))!.revision;
    const before = await revision();
    const { status, body } = await rotate(id, { ...same, rotate_model_keys: true });
    expect([status, body]).toMatchObject([200, { rotated: 2, skipped: 2, failed: 0 }]);
    expect(await opens(id, 'a', PASSWORD)).toBe(true);
    expect(await revision()).not.toBe(before);
  });

  test.each([false, true])('holds for earlier revisions as well (new keys: %j)', async (rotate_model_keys) => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'a', { password: PASSWORD });
    const newer = { model_data: Buffer.from('newer').toString('base64'), password: PASSWORD, replace_existing: true };
    await world.save(id, 'a', newer);
    const { revision } = (await world.call('GET', `/${id}/models/a/info`)).body.revisions[0];
    const load = async (password: string, of = revision) => {
      const request = { model_name: 'a', password, revision: of };
      const answer = await world.call('POST', `/${id}/models/load`, request, { ip: '203.0.113.7' });
      return answer.status === 200 ? bytesOf(answer) : answer.body.error;
    };
    expect(await load(PASSWORD)).toEqual(FILE);
    expect((await rotate(id, { rotate_model_keys })).body).toMatchObject({ rotated: 1, revisions_rotated: 1 });
    expect([await load(NEW), await load(PASSWORD)]).toEqual([FILE, 'WrongPasswordError']);
    expect(bytesOf(await world.load(id, 'a', NEW)).toString()).toBe('newer');
    expect(await load(NEW, 'none')).toBe('RevisionNotFoundError');
  });

  test('with a wrong one is 403, audited and throttled', async () => {
    const id = await filled();
    const guess = { old_password: 'wrong' };
    for (let tries = 0; tries < 5; tries += 1) expect((await rotate(id, guess)).status).toBe(403);
    expect((await rotate(id)).status).toBe(429);
    expect(await opens(id, 'a', PASSWORD)).toBe(true);
    const { audit_entries: entries } = (
      await world.call('GET', `/${id}/audit/trail?action_type=password_update&success=false`)
    ).body;
    expect(entries.map(({ reason }: { reason: string }) => reason)).toContain('wrong_password');
  });

  test.each([false, true])(
    'with a wrong one is 403 also where the models have the new one already, unless the call is repeated (new keys: %j)',
    async (rotate_model_keys) => {
      const id = await filled();
      await rotate(id, { rotate_model_keys });
      const since = async () => (await world.call('GET', `/${id}/security/status`)).body.last_key_rotation;
      const before = await since();
      world.platform.clock.now += 1000;
      for (const old_password of ['wrong', 'wrong', NEW.slice(1)]) {
        const { status, body } = await rotate(id, { old_password, rotate_model_keys });
        expect([status, body.error]).toEqual([403, 'WrongPasswordError']);
      }
      const again = await rotate(id, { rotate_model_keys });
      expect([again.status, again.body]).toMatchObject([200, { rotated: 0, skipped: 4, failed: 0 }]);
      expect(await since()).toBe(before);
      expect((await rotate(id, { old_password: NEW, new_password: 'a third one' })).body.rotated).toBe(2);
      expect((await rotate(id, { rotate_model_keys })).status).toBe(403);
    },
  );

  test('may be repeated for a day', async () => {
    const id = await filled();
    await rotate(id);
    world.platform.clock.now += 25 * 3_600_000;
    expect((await rotate(id)).status).toBe(403);
  });

  test.each([false, true])(
    'is finished by the same call after a crash, wherever that was (new keys: %j)',
    async (rotate_model_keys) => {
      for (let change = 1; change < 60; change += 1) {
        process?.killAt(0);
        const id = await world.manager({ backup_enabled: false });
        for (const name of ['a', 'b']) await world.save(id, name, { password: PASSWORD });
        process?.killAt(change);
        // Another address each time: an attempt that was interrupted counts as a guess.
        const ip = `198.51.100.${change}`;
        await rotate(id, { rotate_model_keys }, ip);
        const finished = !process!.killed;
        process?.killAt(0);
        for (const name of ['a', 'b']) {
          const both = [await opens(id, name, PASSWORD), await opens(id, name, NEW)];
          expect([change, name, both.filter(Boolean)]).toEqual([change, name, [true]]);
        }
        const again = await rotate(id, { rotate_model_keys }, ip);
        expect([change, again.status, again.body.failed]).toEqual([change, 200, 0]);
        expect(again.body.rotated + again.body.skipped).toBe(2);
        expect([await opens(id, 'a', NEW), await opens(id, 'b', NEW)]).toEqual([true, true]);
        if (finished) return;
      }
      throw new Error('it never ended');
    },
  );
});
