import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { operatorAccount, rememberFirstAccount } from '#domain/accounts/operator.ts';
import { getUser } from '#domain/accounts/users.ts';
import { NotFoundError } from '#domain/errors.ts';
import { anAccount, NOW, openStore, type Store } from '../store.ts';

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store.close());

test('the first account that was registered is the operator’s', async () => {
  const [first, second] = [await anAccount(store.table), await anAccount(store.table)];
  await rememberFirstAccount(store.table, first);
  await rememberFirstAccount(store.table, second);
  expect(await operatorAccount(store.table, undefined, NOW)).toBe(first);
});

test('a user’s account is the operator’s where the host was told so', async () => {
  const id = await anAccount(store.table);
  const { username } = await getUser(store.table, id, id);
  expect(await operatorAccount(store.table, username.toUpperCase(), NOW)).toBe(id);
  await expect(operatorAccount(store.table, 'nobody', NOW)).rejects.toThrow(NotFoundError);
});

test('an account is made once where there is none, however many need it at once', async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => operatorAccount(store.table, undefined, NOW)));
  expect(new Set(ids).size).toBe(1);
  expect(await operatorAccount(store.table, undefined, NOW)).toBe(ids[0]);
  expect(await getUser(store.table, ids[0]!, ids[0]!)).toMatchObject({ role: 'admin' });
});
