import { createHash, randomUUID } from 'node:crypto';
import {
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { canonicalJson } from '#domain/canonical-json.ts';
import { UnavailableError } from '#domain/errors.ts';
import { IdempotencyMismatchError, InvalidItemError, TransactionFailedError } from '#domain/ports/errors.ts';
import { checkCondition } from '#domain/ports/table/conditions.ts';
import { checkChange, checkItem, checkKey, checkTransaction } from '#domain/ports/table/item-rules.ts';
import type { Item, Write } from '#domain/ports/table/port.ts';
import { retryConflicts } from '../retry.ts';
import type { TableContext } from './context.ts';
import { deleteExpired, EXPIRED_ATTEMPTS, isExpired } from './expired.ts';
import { fromAttributes } from './marshalling.ts';
import { checkInput, deleteInput, putInput, updateInput } from './write-inputs.ts';

/** How long a token is remembered. */
const TOKEN_SECONDS = 600;

/**
 * DynamoDB's own request token cannot serve as the port's: the conditions contain the time, so the same call a second
 * later would be another request. Instead the transaction also writes a record for the token, with the call's hash.
 */
export async function transact(context: TableContext, writes: readonly Write[], token?: string): Promise<void> {
  checkTransaction(writes, token);
  const checked = writes.map(check);
  const hash = createHash('sha256').update(canonicalJson(checked)).digest('hex');
  for (let attempt = 1; attempt <= EXPIRED_ATTEMPTS; attempt += 1) {
    const all = token === undefined ? checked : [...checked, tokenWrite(context, token, hash)];
    const reasons = await request(context, all);
    if (reasons === undefined) return;
    const old = reasons.map((reason) => reason.Item && fromAttributes(reason.Item));
    const known = token === undefined ? undefined : old[writes.length];
    if (known !== undefined) {
      if (known.hash === hash) return;
      throw new IdempotencyMismatchError('the token belongs to another transaction');
    }
    const expired = old.filter((item, index): item is Item => isInTheWay(context, checked[index], item));
    if (expired.length === 0) {
      throw new TransactionFailedError(reasons.flatMap(({ Code }, index) => (Code === FAILED ? [index] : [])));
    }
    for (const item of expired) await retryConflicts(() => deleteExpired(context, item), context.sleep);
  }
  throw new UnavailableError('items kept expiring while they were changed');
}

const FAILED = 'ConditionalCheckFailed';

/** Only updates fail just because the item has expired; the other writes' conditions take it into account. */
const isInTheWay = (context: TableContext, write: Write | undefined, item: Item | undefined): boolean =>
  write?.kind === 'update' && item !== undefined && isExpired(item, context.now());

/**
 * Undefined on success; otherwise the reason of each write, if at least one condition did not hold. Every retry has the
 * same request token: after an attempt that was still in progress, a retry with another token would find that its
 * conditions do not hold, and report a transaction that succeeded as failed.
 */
async function request(
  context: TableContext,
  writes: readonly Write[],
): Promise<readonly CancellationReason[] | undefined> {
  const items = writes.map((write) => transactItem(context, write));
  const command = new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: randomUUID() });
  return retryConflicts(async () => {
    try {
      await context.client.send(command);
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      if (reasons.some(({ Code }) => Code === FAILED)) return reasons;
      throw cancellation(reasons, error);
    }
  }, context.sleep);
}

/** The error for a transaction that was cancelled although every condition held. */
function cancellation(reasons: readonly CancellationReason[], error: Error): Error {
  const reason = reasons.find(({ Code }) => Code !== undefined && Code !== 'None');
  const message = reason?.Message ?? error.message;
  if (reason?.Code === 'ValidationError' || reason?.Code === 'ItemCollectionSizeLimitExceeded') {
    return new InvalidItemError(message);
  }
  return Object.assign(new Error(message), { name: reason?.Code ?? error.name });
}

function check(write: Write): Write {
  if (write.condition !== undefined) checkCondition(write.condition);
  if (write.kind === 'put') return { ...write, item: checkItem(write.item) };
  checkKey(write.key);
  if (write.kind === 'update') checkChange(write.change);
  return write;
}

function tokenWrite(context: TableContext, token: string, hash: string): Write {
  const expiresAt = context.now() / 1000 + TOKEN_SECONDS;
  return { kind: 'put', item: { pk: `TOKEN#${token}`, sk: 'TOKEN', hash, expiresAt }, condition: { kind: 'absent' } };
}

function transactItem(context: TableContext, write: Write): TransactWriteItem {
  switch (write.kind) {
    case 'put':
      return { Put: putInput(context, write) };
    case 'delete':
      return { Delete: deleteInput(context, write) };
    case 'check':
      return { ConditionCheck: checkInput(context, write) };
    case 'update':
      return { Update: updateInput(context, write) };
  }
}
