import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAccount } from '#domain/accounts/change.ts';
import { closeAccount } from '#domain/accounts/deletion/close.ts';
import { createSession, endSession, findSession, findSessionByRefreshToken } from '#domain/accounts/sessions.ts';
import { findUser, findUserByUsername, listUsers, replacePasswordHash } from '#domain/accounts/users.ts';
import { ConflictError, UnauthorizedError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { AT, anAccount, NOW, openStore, type Store } from '../store.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const person = (username: string, email: string) => ({
  id: newId(NOW),
  username,
  email,
  full_name: '',
  password_hash: 'x',
  created_at: AT,
});

describe('accounts', () => {
  test('are found by username, ignoring case and Unicode composition', async () => {
    const created = person('Zo\u00eb', 'zoe@example.com');
    await createAccount(store.table, created);
    expect((await findUserByUsername(store.table, 'zoe\u0308'))?.id).toBe(created.id);
    expect((await findUserByUsername(store.table, 'ZO\u00cb'))?.id).toBe(created.id);
    expect(await findUserByUsername(store.table, 'zoe')).toBeUndefined();
  });

  test('are created once per name, and a refused one reserves nothing', async () => {
    await createAccount(store.table, person('bob', 'bob@example.com'));
    const again = createAccount(store.table, person('BOB', 'other@example.com'));
    await expect(again).rejects.toThrow(ConflictError);
    await expect(again).rejects.toMatchObject({ details: [{ field: 'username' }] });
    await expect(createAccount(store.table, person('bob', 'BOB@example.com'))).rejects.toMatchObject({
      details: [{ field: 'username' }, { field: 'email' }],
    });
    await createAccount(store.table, person('other', 'other@example.com'));
  });

  test('of one name, created concurrently, are one', async () => {
    const tries = Array.from({ length: 10 }, (_, i) =>
      createAccount(store.table, person('race', `race${i}@example.com`)),
    );
    const settled = await Promise.allSettled(tries);
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('an account of before there were several users', () => {
  const id = newId(NOW);
  const founder = { username: 'old', email: 'old@example.com', full_name: 'Old', password_hash: 'x', created_at: AT };
  beforeAll(async () => {
    const { table } = store;
    await table.put({ pk: `ACCOUNT#${id}`, sk: 'ACCOUNT', id, ...founder, active_jobs: 0, datasets: 2 });
    await table.put({ pk: 'USERNAME#old', sk: 'TAKEN', account_id: id });
    await table.put({ pk: 'EMAIL#old@example.com', sk: 'TAKEN', account_id: id });
  });

  test('has its one user, who is its administrator', async () => {
    const user = { id, account_id: id, ...founder, role: 'admin' };
    expect(await findUserByUsername(store.table, 'OLD')).toEqual(user);
    expect(await listUsers(store.table, id)).toEqual([user]);
  });

  test('keeps a password that is hashed anew', async () => {
    const user = await findUser(store.table, id, id);
    await replacePasswordHash(store.table, user!, 'stronger');
    await replacePasswordHash(store.table, user!, 'late');
    expect((await findUserByUsername(store.table, 'old'))?.password_hash).toBe('stronger');
    expect(await listUsers(store.table, id)).toHaveLength(1);
  });
});

describe('sessions', () => {
  let accountId: string;
  beforeEach(async () => {
    accountId = await anAccount(store.table);
  });

  test('are found by id and by refresh token, until they end', async () => {
    await createSession(store.table, {
      id: 's',
      accountId,
      userId: 'u',
      role: 'viewer',
      refreshToken: 'secret',
      expiresAt: NOW / 1000 + 60,
    });
    const found = await findSessionByRefreshToken(store.table, 'secret');
    expect(found).toEqual(await findSession(store.table, accountId, 's'));
    expect(JSON.stringify(found)).not.toContain('secret');
    await endSession(store.table, found!);
    expect(await findSessionByRefreshToken(store.table, 'secret')).toBeUndefined();
    expect(await findSession(store.table, accountId, 's')).toBeUndefined();
  });

  test('do not exist any more once expired', async () => {
    await createSession(store.table, {
      id: 'old',
      accountId,
      userId: 'u',
      role: 'viewer',
      refreshToken: 'old',
      expiresAt: NOW / 1000,
    });
    expect(await findSession(store.table, accountId, 'old')).toBeUndefined();
    expect(await findSessionByRefreshToken(store.table, 'old')).toBeUndefined();
  });

  test('cannot begin once the account is being deleted', async () => {
    await closeAccount(store.table, accountId, { now: NOW, tokenSeconds: 1800 });
    const late = { ...{ id: 'late', accountId, userId: 'u', refreshToken: 'late' }, expiresAt: NOW / 1000 + 60 };
    await expect(createSession(store.table, { ...late, role: 'admin' })).rejects.toThrow(UnauthorizedError);
    expect(await findSessionByRefreshToken(store.table, 'late')).toBeUndefined();
  });
});
