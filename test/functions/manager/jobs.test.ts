/** Backups, restores and rotations for which a request has no time. */
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { deliverer } from './deliver.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** How much later it is each time that somebody looks at the clock. */
let step = 0;
const world = useVault((adapters) => ({ ...adapters, now: () => adapters.now() + tick() }));
const tick = () => {
  world.platform.clock.now += step;
  return 0;
};
beforeEach(() => {
  step = 0;
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
async function filled(more: object = {}, config: object = {}): Promise<string> {
  const id = await world.manager({ backup_enabled: false, ...config });
  for (const name of NAMES) await world.save(id, name, more);
  return id;
}

/** With a clock on which a request has time for a part of it. */
async function slowly<T>(run: () => Promise<T>, milliseconds = 1500): Promise<T> {
  step = milliseconds;
  try {
    return await run();
  } finally {
    step = 0;
  }
}

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const deliver = deliverer(world);

const call = (id: string, what: string, json: object, method = 'POST') => world.call(method, `/${id}/${what}`, json);

describe('what does not end within a request', () => {
  test.each([{}, { enable_encryption: false }])(
    'of a backup goes on, and the same request has the end (%j)',
    async (config) => {
      const id = await filled({}, config);
      const backUp = () => call(id, 'backup/create', { backup_name: 'b' });
      const first = await slowly(backUp);
      expect([first.status, first.body]).toMatchObject([202, { status: 'in_progress', models_total: 6 }]);
      expect(first.body.models_done).toBeGreaterThan(0);
      expect(first.body.models_done).toBeLessThan(6);
      expect((await backUp()).status).toBe(202);
      expect(await deliver()).toBe(true);
      const done = await backUp();
      expect([done.status, done.body]).toMatchObject([201, { models_included: 6, missing: [] }]);
      expect((await backUp()).status).toBe(409);
      for (const name of NAMES) await world.call('DELETE', `/${id}/models/${name}?confirm_deletion=true`);
      const restored = await call(id, 'backup/restore', { backup_name: 'b' });
      expect(restored.body.restored_models).toEqual(NAMES);
      expect(bytesOf(await world.load(id, 'f')).equals(FILE)).toBe(true);
    },
  );

  test('of a restore goes on where it was', async () => {
    const id = await filled();
    await call(id, 'backup/create', { backup_name: 'b', backup_password: PASSWORD });
    await call(id, 'backup/create', { backup_name: 'other' });
    await world.call('DELETE', `/${id}/models/a?confirm_deletion=true`);
    const restore = () =>
      call(id, 'backup/restore', { backup_name: 'b', restore_password: PASSWORD, overwrite_existing: true });
    const first = await slowly(restore);
    expect([first.status, first.body]).toMatchObject([202, { status: 'in_progress', models_total: 6 }]);
    const wrong = await call(id, 'backup/restore', {
      backup_name: 'b',
      restore_password: 'wrong',
      overwrite_existing: true,
    });
    expect(wrong.status).toBe(409);
    await deliver();
    expect((await restore()).body).toMatchObject({ models_restored: 6, restored_models: NAMES });
    const trail = await world.call('GET', `/${id}/audit/trail?action_type=model_restore`);
    expect(trail.body.total_entries).toBe(6);
    expect((await world.call('GET', `/${id}/audit/verify`)).body.valid).toBe(true);
  });

  test.each([false, true])('of a rotation goes on where it was (new keys: %j)', async (rotate_model_keys) => {
    const id = await filled({ password: PASSWORD });
    const passwords = { old_password: PASSWORD, new_password: 'another', rotate_model_keys };
    const rotate = () => call(id, 'security/password', passwords, 'PUT');
    const first = await slowly(rotate);
    expect([first.status, first.body.status]).toEqual([202, 'in_progress']);
    await deliver();
    const done = await rotate();
    expect([done.status, done.body]).toMatchObject([200, { rotated: 6, skipped: 0, failed: 0, remaining: 0 }]);
    for (const name of NAMES) expect((await world.load(id, name, 'another')).status).toBe(200);
  });

  test('of a rotation leaves no room for another one, which is told so', async () => {
    const id = await filled({ password: PASSWORD });
    const rotate = (new_password: string) =>
      call(id, 'security/password', { old_password: PASSWORD, new_password }, 'PUT');
    const both = await slowly(() => Promise.all([rotate('one'), rotate('another')]));
    const late = await rotate('a third');
    const refused = [...both, late].filter(({ status }) => status !== 202);
    expect(refused).toHaveLength(2);
    for (const { status, body } of refused) {
      expect([status, body.message]).toEqual([
        409,
        'Another rotation is running, with other passwords or options; wait until it has ended',
      ]);
    }
    await deliver();
  });

  test.each([false, true])('of a rotation with a wrong password fails (new keys: %j)', async (rotate_model_keys) => {
    const id = await filled({ password: PASSWORD });
    const passwords = { old_password: 'wrong', new_password: PASSWORD, rotate_model_keys };
    const rotate = () => call(id, 'security/password', passwords, 'PUT');
    expect((await slowly(rotate, 11_000)).status).toBe(202);
    await deliver();
    expect((await rotate()).status).toBe(403);
  });

  test('stores no password that anybody could read, and none after its end', async () => {
    const id = await filled({ password: PASSWORD });
    const secret = 'a password that nobody may find';
    const rotate = () => call(id, 'security/password', { old_password: PASSWORD, new_password: secret }, 'PUT');
    expect((await slowly(rotate)).status).toBe(202);
    const { table } = world.platform.store;
    const manager = (await table.query({ partition: `ACCOUNT#${world.accountId}#VAULT`, limit: 1000 })).items.find(
      (item) => item.id === id && item.vault !== undefined,
    );
    const jobs = () =>
      table.query({ partition: `ACCOUNT#${world.accountId}#VAULT#${manager!.vault}`, prefix: 'JOB#', limit: 9 });
    const [job] = (await jobs()).items;
    expect(job).toHaveProperty('secrets.ciphertext');
    expect(JSON.stringify(job)).not.toContain(secret);
    await deliver();
    expect((await jobs()).items[0]).not.toHaveProperty('secrets');
    await rotate();
    expect((await jobs()).items).toEqual([]);
  });

  test('has its result for who began it, with the same passwords, and for nobody else', async () => {
    const id = await filled({ password: PASSWORD });
    const key = await world.keyOf('admin');
    const rotate = (old_password: string, new_password: string, headers = {}) =>
      world.call('PUT', `/${id}/security/password`, { old_password, new_password }, { headers });
    expect((await slowly(() => rotate(PASSWORD, 'the next one'))).status).toBe(202);
    await deliver();
    for (const [before, after] of [
      ['wrong', 'the next one'],
      [PASSWORD, 'another one'],
      ['wrong', 'wrong too'],
    ] as const) {
      expect((await rotate(before, after)).status).toBe(403);
    }
    const { body: of } = await rotate(PASSWORD, 'the next one', { 'x-api-key': key });
    expect(of).toMatchObject({ status: 'completed', rotated: 0, skipped: 6 });
    const { body } = await rotate(PASSWORD, 'the next one');
    expect(body).toMatchObject({ status: 'completed', rotated: 6, skipped: 0 });
  });

  test('has the room of a result that nobody asked for, once there is other work', async () => {
    const id = await filled({ password: PASSWORD });
    const rotate = (old_password: string, new_password: string) =>
      call(id, 'security/password', { old_password, new_password }, 'PUT');
    expect((await slowly(() => rotate(PASSWORD, 'the next one'))).status).toBe(202);
    await deliver();
    expect((await slowly(() => rotate('the next one', 'the last one'))).status).toBe(202);
    await deliver();
    expect((await rotate('the next one', 'the last one')).body).toMatchObject({ status: 'completed', rotated: 6 });
    expect((await world.load(id, 'a', 'the last one')).status).toBe(200);
  });

  test('goes on through several functions', async () => {
    const id = await filled();
    await slowly(() => call(id, 'backup/create', { backup_name: 'b' }));
    // No time beyond the margin.
    await deliver(0);
    await deliver(0);
    expect((await call(id, 'backup/create', { backup_name: 'b' })).status).toBe(202);
    await deliver();
    expect((await call(id, 'backup/create', { backup_name: 'b' })).status).toBe(201);
  });

  /** A backup as a job whose process died before it had sent the message. */
  async function withoutMessage(): Promise<() => ReturnType<typeof call>> {
    const id = await filled();
    const { vault } = world.platform.store.queues;
    const backUp = () => call(id, 'backup/create', { backup_name: 'b' });
    await slowly(backUp);
    const [lost] = await vault.receive({ max: 1 });
    await vault.acknowledge(lost!.receipt);
    expect(await deliver()).toBe(false);
    return backUp;
  }

  test('goes on by schedule where its message was lost', async () => {
    const backUp = await withoutMessage();
    const { store, settings, clock } = world.platform;
    clock.now += 600_000;
    await makeSchedule(permitted('back-up-vaults', store), { settings, logger })();
    expect(await deliver()).toBe(true);
    expect((await backUp()).status).toBe(201);
  });

  test('goes on by the same request where its message was lost', async () => {
    const backUp = await withoutMessage();
    const { clock, store } = world.platform;
    expect((await backUp()).status).toBe(202);
    expect(await deliver()).toBe(false);
    clock.now += 11_000;
    const answers = await Promise.all([backUp(), backUp()]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    clock.now += 61_000;
    expect((await backUp()).status).toBe(202);
    expect(await store.queues.vault.receive({ max: 10 })).toHaveLength(1);
    // Whoever received it dies, and the queue hands it out once more.
    clock.now += 3_600_000;
    expect(await deliver()).toBe(true);
    expect((await backUp()).status).toBe(201);
  });

  test('that fails is answered with its error', async () => {
    const id = await filled();
    await call(id, 'backup/create', { backup_name: 'b' });
    await slowly(() => call(id, 'backup/restore', { backup_name: 'b', overwrite_existing: true }));
    await world.call('DELETE', `/${id}/backup/b`);
    await deliver();
    await call(id, 'backup/create', { backup_name: 'b' });
    const failed = await call(id, 'backup/restore', { backup_name: 'b', overwrite_existing: true });
    expect([failed.status, failed.body.error]).toEqual([404, 'BackupNotFoundError']);
    expect((await call(id, 'backup/restore', { backup_name: 'b', overwrite_existing: true })).status).toBe(200);
  });
});
