/** Backups whose making was broken off: their names are free once somebody deletes them. */
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { deliverer } from './deliver.ts';
import { type Dying, dying } from './dying.ts';
import { useVault } from './world.ts';

let guarded: Dying | undefined;
const world = useVault(
  (adapters) => {
    guarded = dying(adapters);
    return guarded.adapters;
  },
  { vaultBytesAtOnce: 100_000 },
);
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

const MINUTE_MS = 60_000;

/** A manager with a backup `b` whose request was killed when it had stored a file. */
async function brokenOff(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['m', 'n']) await world.save(id, name);
  guarded!.killAt(8);
  await create(id).catch(() => undefined);
  expect(guarded!.killed).toBe(true);
  guarded!.killAt(0);
  expect(await files(id)).not.toEqual([]);
  return id;
}

const files = async (id: string) =>
  (await world.platform.store.blobs.backups.list(`${world.accountId}/vault/${id}/`)).blobs.map(({ key }) => key);

const create = (id: string) => world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
const remove = (id: string) => world.call('DELETE', `/${id}/backup/b`);

describe('a backup that was broken off', () => {
  test('goes when it is deleted, with what was stored, and its name is free', async () => {
    const id = await brokenOff();
    world.platform.clock.now += MINUTE_MS;
    const taken = await create(id);
    expect([taken.status, taken.body.message]).toEqual([409, expect.stringContaining('its making was broken off')]);
    expect((await remove(id)).status).toBe(200);
    expect(await files(id)).toEqual([]);
    expect((await create(id)).status).toBe(201);
    const { audit_entries } = (await world.call('GET', `/${id}/audit/trail?action_type=backup_delete`)).body;
    expect(audit_entries).toHaveLength(1);
  });

  test('may still be made by its request in the first minute', async () => {
    const id = await brokenOff();
    for (const answer of [await create(id), await remove(id)]) {
      expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining('it is being made')]);
    }
  });
});

describe('a backup that a job makes', () => {
  test('is not deleted before it is complete', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { model_data: randomBytes(200_000).toString('base64') });
    expect((await create(id)).status).toBe(202);
    world.platform.clock.now += MINUTE_MS;
    const other = await world.call('POST', `/${id}/backup/create`, { backup_name: 'b', compress: false });
    for (const answer of [other, await remove(id)]) {
      expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining('it is being made')]);
    }
    while (await deliver());
    expect((await create(id)).status).toBe(201);
    expect((await remove(id)).status).toBe(200);
  });
});
