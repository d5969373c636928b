import { expect, test } from '@jest/globals';
import type { Table } from '#domain/ports/table/port.ts';
import { parseSettings } from '#domain/settings.ts';
import { type LoginAttempt, reserveLogin } from '#functions/http/authentication/login-throttle.ts';
import { NOW, openStore } from '#test/domain/store.ts';

const { rates } = parseSettings({});
const of = { username: 'ada', address: '192.0.2.1' };

test('correct logins that come between the steps of another do not refuse it', async () => {
  const store = await openStore();
  const reserve = (table: Table) => reserveLogin(table, of, rates, NOW);
  let other: LoginAttempt | undefined = await reserve(store.table);
  /** Between two steps, the other login succeeds, or the next one begins. */
  const between = async (): Promise<void> => {
    if (other === undefined) other = await reserve(store.table);
    else {
      await other.succeeded();
      other = undefined;
    }
  };
  const interrupted = new Proxy(store.table, {
    get(table, name: 'put' | 'update') {
      const step = table[name] as (...args: readonly unknown[]) => Promise<unknown>;
      if (name !== 'put' && name !== 'update') return step.bind(table);
      return (...args: readonly unknown[]) => step.call(table, ...args).finally(between);
    },
  });
  await expect(reserve(interrupted)).resolves.toBeDefined();
  await store.close();
});
