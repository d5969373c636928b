/** What the vault does by itself: backups by schedule, and trying to restore them. */
import { describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { User } from '../user.ts';
import { vaultCall } from '../vault-user.ts';
import type { World } from '../world.ts';

export function vaultSchedule(world: World): void {
  describe('the schedule of the vault', () => {
    test('backs up a manager that is due, once an interval, and tries to restore what it made', async () => {
      const owner = await User.register(world);
      const call = vaultCall(world, () => owner);
      const { id: account } = await owner.client.get<{ id: string }>('/auth/me');
      const config = { use_scrypt: false, key_iterations: 100_000, backup_interval_hours: 1 };
      await call('POST', '/create', { manager_id: 'scheduled', config });
      await call('POST', '/scheduled/models/save', { model_name: 'm', model_data: 'bW9kZWw=' });
      const scheduled = async () => (await call('GET', '/scheduled/backup/list?kind=scheduled')).body.backups;
      expect(await scheduled()).toEqual([]);

      await world.runSchedule('back-up-vaults', (table) =>
        table.update(keys.vaultManager(account, 'scheduled'), { set: { isk: isoTime(0) } }, { kind: 'present' }),
      );
      const [backup, ...others] = await owner.until(scheduled, ({ length }) => length > 0);
      expect([backup, others]).toMatchObject([{ kind: 'scheduled', model_count: 1, encrypted: true }, []]);
      expect(backup.expires_at).not.toBeNull();
      expect((await call('GET', '/scheduled/info')).body.last_backup).toBe(backup.created_at);

      // The first backup plans a drill for the next time; the manager is not due again.
      await world.runSchedule('back-up-vaults');
      const health = () => call('GET', '/scheduled/health');
      const { body } = await owner.until(health, (answer) => answer.body.restore_drill !== null);
      expect(body).toMatchObject({
        status: 'healthy',
        restore_drill: { passed: true, backup_name: backup.backup_name, models_restored: 1 },
      });
      expect(await scheduled()).toEqual([backup]);
    });
  });
}
