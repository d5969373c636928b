import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { UnavailableError } from '#domain/errors.ts';
import { checkCondition } from '#domain/ports/table/conditions.ts';
import { checkChange, checkItem, checkKey } from '#domain/ports/table/item-rules.ts';
import type { Change, Condition, Item, Key, Page, Query, Table, Write } from '#domain/ports/table/port.ts';
import { readAll } from '#domain/ports/table/read-all.ts';
import { retryConflicts } from '../retry.ts';
import { keyAttributes, type TableContext } from './context.ts';
import { deleteExpired, EXPIRED_ATTEMPTS, isExpired } from './expired.ts';
import { getMany } from './get-many.ts';
import { fromAttributes } from './marshalling.ts';
import { queryItems } from './query.ts';
import { transact } from './transact.ts';
import { deleteInput, putInput, updateInput } from './write-inputs.ts';

/** The Table port on one DynamoDB table, as in `definition.ts`. */
export class DynamoTable implements Table {
  readonly #context: TableContext;

  constructor(context: TableContext) {
    this.#context = context;
  }

  async get(key: Key): Promise<Item | undefined> {
    checkKey(key);
    const { tableName, now } = this.#context;
    const command = new GetItemCommand({ TableName: tableName, Key: keyAttributes(key), ConsistentRead: true });
    const { Item: found } = await this.#retrying((client) => client.send(command));
    if (found === undefined) return undefined;
    const item = fromAttributes(found);
    return isExpired(item, now()) ? undefined : item;
  }

  async getMany(keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
    return getMany(this.#context, keys);
  }

  async query(query: Query): Promise<Page> {
    return queryItems(this.#context, query);
  }

  async put(item: Item, condition?: Condition): Promise<void> {
    if (condition !== undefined) checkCondition(condition);
    const input = putInput(this.#context, { kind: 'put', item: checkItem(item), ...(condition && { condition }) });
    await this.#retrying((client) => client.send(new PutItemCommand(input)));
  }

  async update(key: Key, change: Change, condition?: Condition): Promise<Item> {
    checkKey(key);
    checkChange(change);
    if (condition !== undefined) checkCondition(condition);
    const write = { kind: 'update', key, change, ...(condition && { condition }) } as const;
    for (let attempt = 1; attempt <= EXPIRED_ATTEMPTS; attempt += 1) {
      const outcome = await this.#attemptUpdate(write);
      if (outcome.after !== undefined) return outcome.after;
      await this.#retrying(() => deleteExpired(this.#context, outcome.expired));
    }
    throw new UnavailableError('the item kept expiring while it was changed');
  }

  async increment(key: Key, name: string, expiresAt: number): Promise<number> {
    const item = await this.update(key, { add: { [name]: 1 }, set: { expiresAt } });
    return Number(item[name]);
  }

  async counters(partition: string, prefix: string): Promise<readonly Item[]> {
    const { items } = await this.query({ partition, prefix, limit: 1000 });
    return items.map(({ expiresAt: _, ...counters }) => counters as Item);
  }

  /** Here they are items. */
  async deleteCounters(partition: string): Promise<void> {
    for (const { pk, sk } of await readAll(this, { partition })) await this.delete({ pk, sk });
  }

  async delete(key: Key, condition?: Condition): Promise<void> {
    checkKey(key);
    if (condition !== undefined) checkCondition(condition);
    const input = deleteInput(this.#context, { kind: 'delete', key, ...(condition && { condition }) });
    await this.#retrying((client) => client.send(new DeleteItemCommand(input)));
  }

  async transact(writes: readonly Write[], token?: string): Promise<void> {
    await transact(this.#context, writes, token);
  }

  /** The item after the change, or the expired one that is in its way. */
  #attemptUpdate(
    write: Extract<Write, { kind: 'update' }>,
  ): Promise<{ after: Item } | { after?: never; expired: Item }> {
    return this.#retrying(async (client) => {
      try {
        const input = updateInput(this.#context, write);
        const { Attributes = {} } = await client.send(new UpdateItemCommand({ ...input, ReturnValues: 'ALL_NEW' }));
        return { after: fromAttributes(Attributes) };
      } catch (error) {
        const old = error instanceof ConditionalCheckFailedException && error.Item && fromAttributes(error.Item);
        if (old && isExpired(old, this.#context.now())) return { expired: old };
        throw error;
      }
    });
  }

  #retrying<T>(attempt: (client: TableContext['client']) => Promise<T>): Promise<T> {
    return retryConflicts(() => attempt(this.#context.client), this.#context.sleep);
  }
}
