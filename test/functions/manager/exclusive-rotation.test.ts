/** Two rotations of one manager that come at once, with a process that can be stopped between two changes. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { getManager } from '#domain/vault/managers.ts';
import { deliverer } from './deliver.ts';
import { type Dying, dying } from './dying.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** What happens once as soon as the old password has opened a key, before the first one is wrapped anew. */
let meanwhile: (() => Promise<unknown>) | undefined;
let process: Dying | undefined;
const world = useVault(
  (adapters) => {
    process = dying(adapters);
    const table = new Proxy(process.adapters.table, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== 'function') return own;
        if (name !== 'put') return own.bind(target);
        return async (...args: Parameters<Table['put']>) => {
          const begins = args[0].sk === 'ROTATION';
          const happens = begins ? meanwhile : undefined;
          if (happens) meanwhile = undefined;
          await happens?.();
          return target.put(...args);
        };
      },
    });
    return { ...process.adapters, table };
  },
  // New keys are made as a job.
  { vaultBytesAtOnce: 1 },
);
const deliver = deliverer(world);
afterEach(() => {
  meanwhile = undefined;
  process?.killAt(0);
});

const rotate = (id: string, new_password: string, more = {}) =>
  world.call('PUT', `/${id}/security/password`, { old_password: PASSWORD, new_password, ...more });

const REFUSED = [409, 'Another rotation is running, with other passwords or options; wait until it has ended'];
const answerOf = ({ status, body }: Awaited<ReturnType<typeof rotate>>) => [status, body.message];

async function filled(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['a', 'b']) {
    await world.save(id, name, { password: PASSWORD });
    await world.save(id, name, { password: PASSWORD, replace_existing: true });
  }
  return id;
}

/** Which of these passwords open the models and their earlier revisions. */
async function opening(id: string, passwords: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const model_name of ['a', 'b']) {
    const [{ revision }] = (await world.call('GET', `/${id}/models/${model_name}/info`)).body.revisions;
    for (const which of [{}, { revision }]) {
      for (const [place, password] of passwords.entries()) {
        // Wrong guesses of an address are counted.
        const ip = `198.51.100.${place + 1}`;
        const json = { model_name, password, ...which };
        if ((await world.call('POST', `/${id}/models/load`, json, { ip })).status === 200) found.add(password);
      }
    }
  }
  return [...found];
}

async function leaseOf(id: string) {
  const { table } = world.platform.store;
  const { account_id, vault } = await getManager(table, world.accountId, id);
  return table.get(keys.vaultRotationLease(account_id, vault));
}

describe('a rotation that works within its request', () => {
  test.each([
    ['another password', 'another', {}],
    ['other options', 'one', { rotate_model_keys: true }],
    ['a wrong password', 'one', { old_password: 'wrong' }],
  ])('keeps out one with %s', async (_, password, more) => {
    const id = await filled();
    let second: unknown[] = [];
    meanwhile = async () => {
      second = answerOf(await rotate(id, password, more));
    };
    expect((await rotate(id, 'one')).body).toMatchObject({ rotated: 2, revisions_rotated: 2, failed: 0 });
    expect(second).toEqual(REFUSED);
    expect(await opening(id, [PASSWORD, 'one', 'another'])).toEqual(['one']);
    expect(await leaseOf(id)).toBeUndefined();
  });

  test('lets the same one in, and others only once both have left', async () => {
    const id = await filled();
    const answers: unknown[] = [];
    meanwhile = async () => {
      answers.push((await rotate(id, 'one')).status);
      answers.push((await rotate(id, 'another')).status);
    };
    expect((await rotate(id, 'one')).status).toBe(200);
    expect(answers).toEqual([200, 409]);
    expect(await leaseOf(id)).toBeUndefined();
    expect((await rotate(id, 'another', { old_password: 'one' })).body).toMatchObject({ rotated: 2 });
    expect(await opening(id, [PASSWORD, 'one', 'another'])).toEqual(['another']);
  });

  test('stores no password, and leaves nothing behind where the old one was wrong', async () => {
    const id = await filled();
    let stored: unknown;
    meanwhile = async () => {
      stored = await leaseOf(id);
    };
    await rotate(id, 'one');
    expect(stored).toMatchObject({ inside: 1, claim: { ciphertext: expect.any(String) } });
    expect((await rotate(id, 'another', { old_password: 'wrong' })).status).toBe(403);
    expect(await leaseOf(id)).toBeUndefined();
  });

  test('keeps others out for a minute after a crash, but not the same one', async () => {
    const id = await filled();
    // The lease, the note that it has begun, and no model.
    process?.killAt(3);
    await rotate(id, 'one');
    expect(process?.killed).toBe(true);
    process?.killAt(0);
    expect(answerOf(await rotate(id, 'another'))).toEqual(REFUSED);
    expect((await rotate(id, 'one')).body).toMatchObject({ rotated: 2, revisions_rotated: 2 });
    expect((await rotate(id, 'another', { old_password: 'one' })).status).toBe(409);
    world.platform.clock.now += 62_000;
    expect((await rotate(id, 'another', { old_password: 'one' })).body).toMatchObject({ rotated: 2 });
    expect(await opening(id, [PASSWORD, 'one', 'another'])).toEqual(['another']);
  });

  test('stops where it was held up so long that another one has begun', async () => {
    const id = await filled();
    meanwhile = async () => {
      world.platform.clock.now += 62_000;
      expect((await rotate(id, 'another')).body).toMatchObject({ rotated: 2, revisions_rotated: 2 });
    };
    expect((await rotate(id, 'one')).status).toBe(409);
    expect(await deliver()).toBe(false);
    expect(await opening(id, [PASSWORD, 'one', 'another'])).toEqual(['another']);
  });
});

test('a rotation that goes on as a job keeps out one with other options', async () => {
  const id = await filled();
  const newKeys = { rotate_model_keys: true };
  expect((await rotate(id, 'one', newKeys)).status).toBe(202);
  expect(await leaseOf(id)).toBeUndefined();
  for (const password of ['one', 'another']) expect(answerOf(await rotate(id, password))).toEqual(REFUSED);
  expect(await deliver()).toBe(true);
  expect((await rotate(id, 'one', newKeys)).body).toMatchObject({ rotated: 2, revisions_rotated: 2 });
  expect(await opening(id, [PASSWORD, 'one', 'another'])).toEqual(['one']);
});
