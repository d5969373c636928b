import { randomUUID } from 'node:crypto';
import { processIdentity } from '../process-identity.ts';

/** Of a name: those of one folder begin with the same. */
const SHARD = 2;

export const shardOf = (name: string): string => name.slice(0, SHARD);

/**
 * The name of a new file, which is never used again. The writer's identity tells the sweep whether the file may still get its
 * row.
 * @param beside a name in whose folder it is to be. Default: any
 */
export function newName(beside = randomUUID() as string): string {
  return `${shardOf(beside)}${randomUUID().slice(SHARD)}-${processIdentity()}`;
}
