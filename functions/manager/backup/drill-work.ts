/** The restore drill of a manager that is due. It takes a turn: models for which that has no time are left to the next drill. */
import type { Json } from '#domain/ports/table/port.ts';
import type { Asked } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { runDrill } from './run-drill.ts';

const DRILL_MS = 60_000;

export const drillWork = {
  resume: async (services: VaultServices, { manager, by }: Asked<unknown, unknown>) => {
    const result = await runDrill(services, manager, by, { milliseconds: DRILL_MS });
    if (result?.failed.length) services.logger.error('a restore drill failed', { manager_id: manager.id });
    return null satisfies Json;
  },
};
