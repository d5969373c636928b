import { z } from 'zod';
import { keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';

const deployment = z.object({ since: z.string() });

/** When this version was deployed, where nothing runs that knows it: when it was first asked. */
export async function deployedSince(table: Table, version: string, now: number): Promise<string> {
  const key = keys.deployment(version);
  const known = await table.get(key);
  if (known) return deployment.parse(known).since;
  try {
    await table.put({ ...key, since: isoTime(now) }, { kind: 'absent' });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
  return deployment.parse(await table.get(key)).since;
}
