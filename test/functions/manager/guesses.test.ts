/** Guesses of the old password by rotations that outlast their request. */
import { expect, jest, test } from '@jest/globals';
import { deliverer } from './deliver.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1 });
const deliver = deliverer(world);

const rotate = (id: string, old_password: string, ip: string) =>
  world.call(
    'PUT',
    `/${id}/security/password`,
    { old_password, new_password: 'new_secure_password', rotate_model_keys: true },
    { ip },
  );

/** Calls until what was begun has ended. */
async function toEnd(id: string, old_password: string, ip: string): Promise<number> {
  for (;;) {
    const { status } = await rotate(id, old_password, ip);
    if (status !== 202) return status;
    while (await deliver());
  }
}

test('a wrong password counts where a job tries it, and a right one ends the count', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { password: PASSWORD });
  const ip = '198.51.100.7';
  for (let guess = 0; guess < 4; guess += 1) expect(await toEnd(id, `wrong ${guess}`, ip)).toBe(403);
  expect(await toEnd(id, PASSWORD, ip)).toBe(200);
  const statuses: number[] = [];
  for (let guess = 0; guess < 6; guess += 1) statuses.push(await toEnd(id, `wrong ${guess}`, ip));
  expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
});
