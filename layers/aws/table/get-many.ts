import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { UnavailableError } from '#domain/errors.ts';
import { checkKeys } from '#domain/ports/table/item-rules.ts';
import type { Item, Key } from '#domain/ports/table/port.ts';
import { backoff, retryConflicts } from '../retry.ts';
import { keyAttributes, type TableContext } from './context.ts';
import { isExpired } from './expired.ts';
import { fromAttributes } from './marshalling.ts';

/** How often DynamoDB is asked again for items that it left out of an answer: too many bytes, or throttled. */
const TRIES = 10;
const UNPROCESSED = { base: 20, max: 1000 };

const nameOf = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);

/** `Table.getMany`: one request, and more only for what DynamoDB leaves out of the first answer (16 MB). */
export async function getMany(context: TableContext, keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
  checkKeys(keys);
  if (keys.length === 0) return [];
  const { client, tableName, now, sleep = delay } = context;
  const found = new Map<string, Item>();
  let pending = keys.map(keyAttributes);
  for (let tries = 0; pending.length > 0; tries += 1) {
    if (tries === TRIES) throw new UnavailableError('the table returned only some of the items');
    if (tries > 0) await sleep(backoff(tries, UNPROCESSED));
    const command = new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: pending, ConsistentRead: true } } });
    const { Responses = {}, UnprocessedKeys = {} } = await retryConflicts(() => client.send(command), sleep);
    for (const item of (Responses[tableName] ?? []).map(fromAttributes)) {
      if (!isExpired(item, now())) found.set(nameOf(item), item);
    }
    pending = UnprocessedKeys[tableName]?.Keys ?? [];
  }
  return keys.map((key) => found.get(nameOf(key)));
}
