import { ConditionalCheckFailedException, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '#domain/ports/table/port.ts';
import { keyAttributes, type TableContext } from './context.ts';
import { EXPIRY_ATTRIBUTE } from './definition.ts';
import { Expressions } from './expressions.ts';

/** How often an update is retried that keeps meeting expired items. */
export const EXPIRED_ATTEMPTS = 5;

/** `now` in epoch milliseconds. */
export const isExpired = (item: Item, now: number): boolean =>
  item.expiresAt !== undefined && item.expiresAt <= now / 1000;

/**
 * Deletes an item that has expired but that DynamoDB has not deleted yet:
 *
 *     update ── refused: expired ── delete, if it still has that expiry ── update again, on an absent item
 *
 * If another writer is faster with either step, no live item is deleted.
 */
export async function deleteExpired(context: TableContext, item: Item): Promise<void> {
  const expressions = new Expressions(context.now() / 1000);
  const same = `${expressions.name(EXPIRY_ATTRIBUTE)} = ${expressions.value(item.expiresAt ?? 0)}`;
  try {
    await context.client.send(
      new DeleteItemCommand({
        TableName: context.tableName,
        Key: keyAttributes(item),
        ConditionExpression: same,
        ...expressions.attributes(),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
