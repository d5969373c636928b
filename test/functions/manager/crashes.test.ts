/** The process is killed at every single change that an operation makes, one after another. */
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { type Dying, dying } from './dying.ts';
import { scheduler } from './scheduled.ts';
import { bytesOf, FILE, useVault } from './world.ts';

jest.setTimeout(120_000);

const DAY = 86_400_000;
let process: Dying | undefined;
const world = useVault((adapters) => {
  process = dying(adapters);
  return process.adapters;
});

const OTHER = Buffer.from('another model');
const kept = (id: string, more = {}) => world.save(id, 'kept', { metadata: { version: '1' }, ...more });

/** A day later, everything that runs by schedule has run. */
async function aDayLater(): Promise<void> {
  const { platform } = world;
  platform.clock.now += DAY;
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (...line: unknown[]) => platform.logged.push(String(line[0])),
  };
  const options = { settings: platform.settings, logger };
  await scheduler(world).run();
  await makeSweep(platform.store, options)();
}

async function filesIn(bucket: 'artifacts' | 'backups'): Promise<string[]> {
  const { blobs } = await world.platform.store.blobs[bucket].list(`${world.accountId}/`, { limit: 1000 });
  return blobs.map(({ key }) => key);
}

/** Runs the operation once for each change that it makes, each time killed there, and once to its end. */
async function killedAnywhere(
  run: (manager: string) => Promise<unknown>,
  check: (manager: string, finished: boolean) => Promise<void>,
  config: object = {},
): Promise<void> {
  for (let change = 1; change < 100; change += 1) {
    process?.killAt(0);
    const manager = await world.manager(config);
    await kept(manager);
    process?.killAt(change);
    await run(manager);
    const finished = !process!.killed;
    process?.killAt(0);
    await check(manager, finished);
    await aDayLater();
    await check(manager, finished);
    const { status, body } = await world.call('GET', `/${manager}/audit/verify`);
    if (status !== 404) expect([change, body]).toMatchObject([change, { valid: true }]);
    await world.call('DELETE', `/${manager}/backup/b`);
    await world.call('DELETE', `/${manager}?confirm_deletion=true`);
    if (finished) return;
  }
  throw new Error('the operation never ended');
}

const loaded = async (manager: string, name: string): Promise<string | undefined> => {
  const answer = await world.load(manager, name);
  return answer.status === 200 ? bytesOf(answer).toString() : undefined;
};

const count = async (manager: string) => (await world.call('GET', `/${manager}/info`)).body.model_count;

describe('a host that is killed', () => {
  const plain = { backup_enabled: false };
  beforeEach(() => process?.killAt(0));

  test('while it saves has saved the model or not', async () => {
    let acknowledged = false;
    await killedAnywhere(
      async (manager) => {
        acknowledged = (await world.save(manager, 'new')).status === 201;
      },
      async (manager) => {
        const found = await loaded(manager, 'new');
        if (acknowledged) expect(found).toBe(FILE.toString());
        expect([undefined, FILE.toString()]).toContain(found);
        expect(await count(manager)).toBe(found === undefined ? 1 : 2);
      },
      plain,
    );
  });

  test('while it replaces has the one or the other', async () => {
    let acknowledged = false;
    await killedAnywhere(
      async (manager) => {
        const more = { model_data: OTHER.toString('base64'), replace_existing: true };
        acknowledged = (await kept(manager, more)).status === 201;
      },
      async (manager) => {
        const found = await loaded(manager, 'kept');
        if (acknowledged) expect(found).toBe(OTHER.toString());
        expect([FILE.toString(), OTHER.toString()]).toContain(found);
        expect(await count(manager)).toBe(1);
      },
      plain,
    );
  });

  test('while it deletes has deleted the model or not', async () => {
    let acknowledged = false;
    await killedAnywhere(
      async (manager) => {
        acknowledged =
          (await world.call('DELETE', `/${manager}/models/kept`, { confirm_deletion: true })).status === 200;
      },
      async (manager) => {
        const found = await loaded(manager, 'kept');
        if (acknowledged) expect(found).toBeUndefined();
        expect([undefined, FILE.toString()]).toContain(found);
        expect(await count(manager)).toBe(found === undefined ? 0 : 1);
      },
    );
  });

  test('while it backs up has a backup that can be restored, or none', async () => {
    let acknowledged = false;
    await killedAnywhere(
      async (manager) => {
        acknowledged = (await world.call('POST', `/${manager}/backup/create`, { backup_name: 'b' })).status === 201;
      },
      async (manager) => {
        const listed = (await world.call('GET', `/${manager}/backup/list?kind=named`)).body.backups;
        if (acknowledged) expect(listed).toHaveLength(1);
        if (listed.length === 0) {
          // Nobody is told that there is one.
          const { status, body } = await world.call('POST', `/${manager}/backup/create`, { backup_name: 'b' });
          if (status !== 201) expect([status, body.message]).toEqual([409, expect.stringContaining('is not complete')]);
          return;
        }
        const restored = await world.call('POST', `/${manager}/backup/restore`, {
          backup_name: 'b',
          overwrite_existing: true,
        });
        expect(restored.body).toMatchObject({ restored_models: ['kept'] });
        expect(await loaded(manager, 'kept')).toBe(FILE.toString());
      },
      plain,
    );
  });

  test('while it restores has the one or the other', async () => {
    let restoring = 1;
    await killedAnywhere(
      async (manager) => {
        process?.killAt(0);
        await world.call('POST', `/${manager}/backup/create`, { backup_name: 'b' });
        await world.call('DELETE', `/${manager}/models/kept`, { confirm_deletion: true });
        process?.killAt(restoring);
        restoring += 1;
        await world.call('POST', `/${manager}/backup/restore`, { backup_name: 'b' });
      },
      async (manager) => {
        expect([undefined, FILE.toString()]).toContain(await loaded(manager, 'kept'));
      },
      plain,
    );
  });

  test('while it deletes a manager has deleted it or not', async () => {
    await killedAnywhere(
      (manager) => world.call('DELETE', `/${manager}?confirm_deletion=true`),
      async (manager) => {
        const { status } = await world.call('GET', `/${manager}/info`);
        expect([200, 404]).toContain(status);
        if (status === 200) expect(await loaded(manager, 'kept')).toBe(FILE.toString());
      },
    );
  });

  test('leaves no file behind once the schedules have run', async () => {
    const retention = 31;
    for (let day = 0; day < retention; day += 1) await aDayLater();
    expect(await filesIn('artifacts')).toEqual([]);
    expect(await filesIn('backups')).toEqual([]);
  });
});
