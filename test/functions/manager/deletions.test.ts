/** Deletions whose last backup outlasts their request. */
import { expect, jest, test } from '@jest/globals';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { makeHandler as makeConsumer } from '#functions/events/run-vault-job.ts';
import { damageModel } from './damage.ts';
import { deliverer } from './deliver.ts';
import { dying } from './dying.ts';
import { bytesOf, FILE, useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1000 });
const deliver = deliverer(world);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

const removeModel = (id: string) =>
  world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=true`);

async function filled(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  return id;
}

/** Restores the last backup and loads the model. */
async function expectRestored(id: string): Promise<void> {
  const { backups } = (await world.call('GET', `/${id}/backup/list?kind=deletion`)).body;
  expect(backups).toHaveLength(1);
  const restore = () => world.call('POST', `/${id}/backup/restore`, { backup_name: backups[0].backup_name });
  let answer = await restore();
  while (answer.status === 202) {
    await deliver();
    answer = await restore();
  }
  expect(answer.body.restored_models).toEqual(['m']);
  expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
}

test('of a model goes on as a job, and the same request has the end, once', async () => {
  const id = await filled();
  const going = await removeModel(id);
  expect([going.status, going.body]).toMatchObject([
    202,
    { status: 'in_progress', backup_name: expect.stringMatching(/^m_/), models_total: 1 },
  ]);
  expect((await world.load(id, 'm')).status).toBe(200);
  await deliver();
  const done = await removeModel(id);
  expect([done.status, done.body]).toMatchObject([
    200,
    { backup_created: true, backup_path: `./backups/${going.body.backup_name}.backup` },
  ]);
  expect((await removeModel(id)).status).toBe(404);
  const trail = await world.call('GET', `/${id}/audit/trail?action_type=model_delete`);
  expect(trail.body.audit_entries.map(({ success }: { success: boolean }) => success)).toEqual([false, true]);
  await expectRestored(id);
});

test('of a model without a backup is done at once', async () => {
  const id = await filled();
  const answer = await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
  expect([answer.status, answer.body.backup_created]).toEqual([200, false]);
});

test('of a model that is saved anew meanwhile deletes nothing', async () => {
  const id = await filled();
  expect((await removeModel(id)).status).toBe(202);
  await world.save(id, 'm', { replace_existing: true });
  await deliver();
  expect((await removeModel(id)).body.error).toBe('ModelChangedError');
  expect((await world.load(id, 'm')).status).toBe(200);
});

test('of a model whose file is damaged deletes nothing, and says so', async () => {
  const id = await filled();
  expect((await removeModel(id)).status).toBe(202);
  await damageModel(world, id, 'm');
  await deliver();
  expect((await removeModel(id)).status).toBe(422);
  expect((await world.call('GET', `/${id}/models/m/info`)).status).toBe(200);
});

test('of a manager goes on as a job, until there is none', async () => {
  const id = await filled();
  const remove = () => world.call('DELETE', `/${id}?confirm_deletion=true`);
  expect((await world.call('DELETE', `/${id}`)).status).toBe(409);
  expect((await remove()).status).toBe(202);
  await deliver();
  expect((await remove()).status).toBe(404);
  expect((await world.call('POST', '/create', { manager_id: id })).status).toBe(201);
  await expectRestored(id);
});

test('of a manager that gets another model meanwhile deletes nothing', async () => {
  const id = await filled();
  const remove = () => world.call('DELETE', `/${id}?confirm_deletion=true`);
  expect((await remove()).status).toBe(202);
  const { store, settings } = world.platform;
  const [message] = await store.queues.vault.receive({ max: 1 });
  // Saved while the backup is being made.
  const saving = {
    ...store,
    blobs: {
      ...store.blobs,
      backups: Object.assign(Object.create(store.blobs.backups), {
        put: async (...args: Parameters<typeof store.blobs.backups.put>) => {
          await world.save(id, 'n', { replace_existing: true });
          return store.blobs.backups.put(...args);
        },
      }),
    },
  };
  await makeConsumer(saving, { settings, logger })(recordOf(message!), { getRemainingTimeInMillis: () => 900_000 });
  await store.queues.vault.acknowledge(message!.receipt);
  expect((await remove()).body.error).toBe('ManagerNotEmptyError');
  expect((await world.load(id, 'm')).status).toBe(200);
});

type Consumer = ReturnType<typeof makeConsumer>;
const recordOf = ({ id, body }: { id: string; body: string }) =>
  ({
    Records: [
      { messageId: id, body, attributes: { ApproximateReceiveCount: '1' }, eventSourceARN: 'arn:aws:sqs:here:0:vault' },
    ],
  }) as unknown as Parameters<Consumer>[0];

test.each(['model', 'manager'])('of a %s is finished after a crash, wherever that was', async (what) => {
  const { store, settings, clock } = world.platform;
  const remove = (id: string) =>
    what === 'model' ? removeModel(id) : world.call('DELETE', `/${id}?confirm_deletion=true`);
  let finished = false;
  for (let change = 1; !finished && change < 60; change += 1) {
    const id = await filled();
    expect((await remove(id)).status).toBe(202);
    const process = dying(store);
    process.killAt(change);
    const [message] = await store.queues.vault.receive({ max: 1 });
    const time = { getRemainingTimeInMillis: () => 900_000 };
    await makeConsumer(process.adapters, { settings, logger })(recordOf(message!), time);
    await store.queues.vault.acknowledge(message!.receipt);
    finished = !process.killed;
    // Its lease runs out, and the schedule sends the message again, and finishes what was deleted.
    for (let runs = 0; runs < 2; runs += 1) {
      clock.now += 5 * 60_000;
      await makeSchedule(store, { settings, logger })();
      while (await deliver());
    }
    const { status } = await remove(id);
    expect([change, status]).toEqual([change, what === 'model' ? 200 : 404]);
    if (what === 'manager') await world.call('POST', '/create', { manager_id: id });
    await expectRestored(id);
  }
  expect(finished).toBe(true);
});
