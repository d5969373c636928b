/** What the schedule of the vault finds to be due: a job for each manager, none of which holds up another. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Adapters } from '#domain/ports/adapters.ts';
import { damageModel } from './damage.ts';
import { deliverer } from './deliver.ts';
import { scheduler } from './scheduled.ts';
import { useVault, type VaultWorld } from './world.ts';

jest.setTimeout(120_000);

const HOUR = 3_600_000;
const DAILY = { backup_interval_hours: 24, restore_drill_interval_hours: 0 };

const scheduledOf = async (world: VaultWorld, id: string) =>
  (await world.call('GET', `/${id}/backup/list?kind=scheduled`)).body.backups;

/** A manager with so many models, which no backup has. */
async function filled(world: VaultWorld, models: number): Promise<string> {
  const id = await world.manager(DAILY);
  for (let n = 0; n < models; n += 1) await world.save(id, `m${n}`, { model_data: 'bW9kZWw=' });
  const { backups } = (await world.call('GET', `/${id}/backup/list?kind=save`)).body;
  for (const { backup_name } of backups) await world.call('DELETE', `/${id}/backup/${backup_name}`);
  return id;
}

describe('of fifty managers, one of which cannot be backed up,', () => {
  const world = useVault();

  test('all others are, every day, and that one is late', async () => {
    const { run, find } = scheduler(world);
    const ids: string[] = [];
    for (let n = 0; n < 50; n += 1) ids.push(await filled(world, 1));
    const [bad = '', ...good] = ids;
    await damageModel(world, bad, 'm0');
    for (let day = 1; day <= 2; day += 1) {
      world.platform.clock.now += 25 * HOUR;
      await run();
      for (const id of good) expect(await scheduledOf(world, id)).toHaveLength(day);
    }
    expect(await scheduledOf(world, bad)).toEqual([]);
    const { body } = await world.call('GET', `/${bad}/health`);
    expect(body.checks.backup_system).toBe(false);
    expect((await world.call('GET', `/${good[0]}/health`)).body.status).toBe('healthy');
    const trail = await world.call('GET', `/${bad}/audit/trail?action_type=backup_create`);
    expect(trail.body.audit_entries).toContainEqual(
      expect.objectContaining({ user_id: 'schedule', success: false, action: 'backup_create' }),
    );
    // It is tried again once an hour, not at each run.
    await find();
    expect(await deliverer(world)()).toBe(false);
    world.platform.clock.now += HOUR;
    await find();
    expect(await deliverer(world)()).toBe(true);
  });
});

describe('the schedule of the vault', () => {
  /** What was asked of the table, and how much later it is each time that a job looks at the clock. */
  let asked: string[] = [];
  let step = 0;
  const world = useVault();
  const made: string[] = [];
  const manager = async (models: number) => {
    const id = await filled(world, models);
    made.push(id);
    return id;
  };
  beforeEach(() => {
    asked = [];
    step = 0;
  });
  afterEach(async () => {
    step = 0;
    for (const id of made.splice(0)) {
      expect((await world.call('DELETE', `/${id}?confirm_deletion=true`)).status).toBe(200);
    }
    await scheduler(world).run();
  });
  const counted = (adapters: Adapters): Adapters => ({
    ...adapters,
    table: new Proxy(adapters.table, {
      get(target, key) {
        const own: unknown = Reflect.get(target, key);
        if (typeof own !== 'function') return own;
        return (...args: unknown[]) => {
          asked.push(String(key));
          return (own as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    }),
  });
  const slowed = (adapters: Adapters): Adapters => ({
    ...adapters,
    now: () => {
      world.platform.clock.now += step;
      return adapters.now();
    },
  });
  const messages = async () => {
    const found = await world.platform.store.queues.vault.receive({ max: 10, visibilitySeconds: 0 });
    return found.map(({ body, group }) => [JSON.parse(body).kind, JSON.parse(body).manager_id, group]);
  };

  test('asks one question for each of its steps where nothing is due', async () => {
    await scheduler(world).find(counted);
    expect(asked).toEqual(Array.from({ length: 9 }, () => 'query'));
  });

  test('hands a backup on once, however long that takes, and keeps no request waiting by it', async () => {
    const { find, run } = scheduler(world);
    const id = await manager(1);
    world.platform.clock.now += 25 * HOUR;
    await find(counted);
    // When it is looked at next, and the job.
    expect(asked.filter((what) => what !== 'query')).toEqual(['update', 'put']);
    await find();
    expect(await messages()).toEqual([['scheduled_backup', id, 'schedule']]);
    // After as long as a process may have been dead, its message is sent again, once, and it is no other backup.
    world.platform.clock.now += 2 * HOUR;
    for (let times = 0; times < 3; times += 1) await find();
    expect(await messages()).toHaveLength(2);
    await run();
    expect(await scheduledOf(world, id)).toHaveLength(1);
  });

  test('makes one backup of those that were due while nothing ran, and the next an interval later', async () => {
    const { run } = scheduler(world);
    const id = await manager(1);
    world.platform.clock.now += 240 * HOUR;
    await run();
    expect(await scheduledOf(world, id)).toHaveLength(1);
    world.platform.clock.now += 23 * HOUR;
    await run();
    expect(await scheduledOf(world, id)).toHaveLength(1);
    world.platform.clock.now += 2 * HOUR;
    await run();
    expect(await scheduledOf(world, id)).toHaveLength(2);
  });

  test('gives a manager with much to back up a turn, and then the others', async () => {
    const [large, small] = [await manager(12), await manager(1)];
    world.platform.clock.now += 25 * HOUR;
    await scheduler(world).find();
    step = 2000;
    const deliver = deliverer(world, slowed);
    const order: string[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const [waiting] = await messages();
      if (waiting === undefined) break;
      order.push(waiting[1]);
      await deliver();
    }
    expect(order).toEqual([large, small, large]);
    step = 0;
    expect([await scheduledOf(world, large), await scheduledOf(world, small)]).toMatchObject([
      [{ model_count: 12 }],
      [{ model_count: 1 }],
    ]);
  });

  test('goes on with a backup whose process died, from where it was', async () => {
    const id = await manager(12);
    world.platform.clock.now += 25 * HOUR;
    const { find, run } = scheduler(world);
    await find();
    step = 2000;
    await deliverer(world, slowed)();
    step = 0;
    // The message is lost with the process.
    const [lost] = await world.platform.store.queues.vault.receive({ max: 1 });
    await world.platform.store.queues.vault.acknowledge(lost!.receipt);
    world.platform.clock.now += HOUR / 2;
    await run();
    expect(await scheduledOf(world, id)).toMatchObject([{ model_count: 12 }]);
  });
});
