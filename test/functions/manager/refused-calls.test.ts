/** Calls beyond the hourly limit are in the audit trail: one entry for each hour and caller, with their number. */
import { expect, test } from '@jest/globals';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { useVault } from './world.ts';

const world = useVault((adapters) => adapters, { rates: { authenticatedPerHour: 20, anonymousPerHour: 1e9 } });

async function runSchedule(): Promise<void> {
  const { store, settings } = world.platform;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  await makeSchedule(permitted('back-up-vaults', store), { settings, logger })();
}

test('calls beyond the limit are one entry an hour, with how many there were', async () => {
  const id = await world.manager({ backup_enabled: false });
  const call = async () => (await world.call('GET', `/${id}/info`)).status;
  while ((await call()) !== 429);
  expect([await call(), (await world.call('GET', '/no-such-manager/info')).status]).toEqual([429, 429]);
  await runSchedule();
  world.platform.clock.now += 3_600_000;
  await runSchedule();
  await runSchedule();
  const { body } = await world.call('GET', `/${id}/audit/trail?action_type=security`);
  expect(body.audit_entries).toMatchObject([
    {
      action: 'calls_refused',
      success: false,
      reason: 'rate_limit_exceeded',
      user_id: expect.stringMatching(/^key_/),
      facts: { calls: 2, since: expect.stringMatching(/:00:00\.000Z$/) },
    },
  ]);
  expect((await world.call('GET', `/${id}/audit/verify`)).body.valid).toBe(true);
});
