/** The scheduled backup of a manager that is due, in as many turns as it takes. */
import type { Json } from '#domain/ports/table/port.ts';
import { planDrill } from '#domain/vault/drills.ts';
import { scheduleBackup } from '#domain/vault/managers.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { backUpInTurns, turnsProgress } from './in-turns.ts';

export const scheduledWork = {
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const { table, now } = services.adapters;
    const of = { kind: 'scheduled', what: 'scheduled' } as const;
    // There is none before its first turn.
    const before = turnsProgress.safeParse(progress).data;
    const { created_at } = await backUpInTurns(services, asked, of, before, pace);
    await scheduleBackup(table, asked.manager, Date.parse(created_at));
    await planDrill(table, asked.manager, now());
    return null satisfies Json;
  },
};
