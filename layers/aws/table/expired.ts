import { ConditionalCheckFailedException, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '#domain/ports/table/port.ts';
import { keyAttributes, type TableContext } from './context.ts';
import { EXPIRY_ATTRIBUTE } from './definition.ts';
import { Expressions } from './expressions.ts';

/** How often an update is tried anew that keeps meeting items which have expired. */
export const EXPIRED_ATTEMPTS = 5;

/** `now` in epoch milliseconds. */
export const isExpired = (item: Item, now: number): boolean =>
  item.expiresAt !== undefined && item.expiresAt <= now / 1000;

/**
 * Deletes an item that has expired and that DynamoDB, which takes its time, has not deleted yet:
 *
 *     update ── refused: expired ── delete, if it still expires then ── update again, on an absent item
 *
 * Another writer may be first with either step; then nothing is deleted that is alive.
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
