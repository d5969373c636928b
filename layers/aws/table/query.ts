import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { InvalidCursorError, InvalidItemError } from '#domain/ports/errors.ts';
import type { Page, Query } from '#domain/ports/table/port.ts';
import { type Bounds, checkQuery, decodeCursor, encodeCursor } from '#domain/ports/table/queries.ts';
import { retryConflicts } from '../retry.ts';
import type { TableContext } from './context.ts';
import { INDEX } from './definition.ts';
import { Expressions } from './expressions.ts';
import { fromAttributes, toAttributes } from './marshalling.ts';

/** Pages of expired items only are skipped; after so many in a row an empty page is returned all the same. */
const EMPTY_PAGES = 10;

export async function queryItems(context: TableContext, query: Query): Promise<Page> {
  const position = decodeCursor(query);
  const bounds = checkQuery(query);
  if (bounds === undefined) return { items: [] };
  let start = position && toAttributes({ ...position });
  for (let page = 1; ; page += 1) {
    const { Items = [], LastEvaluatedKey: last } = await request(context, query, bounds, start);
    const items = Items.map(fromAttributes);
    if (last === undefined) return { items };
    if (items.length > 0 || page === EMPTY_PAGES) return { items, cursor: encodeCursor(query, fromAttributes(last)) };
    start = last;
  }
}

async function request(
  context: TableContext,
  query: Query,
  bounds: Bounds,
  start: ReturnType<typeof toAttributes> | undefined,
): Promise<QueryCommandOutput> {
  const expressions = new Expressions(context.now() / 1000);
  const command = new QueryCommand({
    TableName: context.tableName,
    KeyConditionExpression: keyCondition(expressions, query, bounds),
    FilterExpression: expressions.live(),
    ...expressions.attributes(),
    // Reads of an index are always eventually consistent.
    ...(query.index === undefined ? { ConsistentRead: true } : { IndexName: INDEX }),
    ScanIndexForward: query.order !== 'descending',
    Limit: query.limit,
    ExclusiveStartKey: start,
  });
  try {
    return await retryConflicts(() => context.client.send(command), context.sleep);
  } catch (error) {
    // Everything else was checked before: DynamoDB can only refuse a cursor outside of the query's bounds.
    if (error instanceof InvalidItemError && start !== undefined) throw new InvalidCursorError(error.message);
    throw error;
  }
}

function keyCondition(expressions: Expressions, query: Query, { from, to, prefix }: Bounds): string {
  const [partition, sort] = query.index === undefined ? ['pk', 'sk'] : ['ipk', 'isk'];
  const equal = `${expressions.name(partition)} = ${expressions.value(query.partition)}`;
  const sortKey = (condition: (name: string) => string) => `${equal} AND ${condition(expressions.name(sort))}`;
  if (prefix !== undefined) return sortKey((name) => `begins_with(${name}, ${expressions.value(prefix)})`);
  if (from !== undefined && to !== undefined) {
    return sortKey((name) => `${name} BETWEEN ${expressions.value(from)} AND ${expressions.value(to)}`);
  }
  if (from !== undefined) return sortKey((name) => `${name} >= ${expressions.value(from)}`);
  if (to !== undefined) return sortKey((name) => `${name} <= ${expressions.value(to)}`);
  return equal;
}
