import type { Condition, Write } from '#domain/ports/table/port.ts';
import { keyAttributes, type TableContext } from './context.ts';
import { Expressions } from './expressions.ts';
import { toAttributes } from './marshalling.ts';

type Of<Kind extends Write['kind']> = Extract<Write, { kind: Kind }>;

/** All writes, alone or in a transaction, return the existing item when their condition fails. */
const RETURN_OLD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

export const putInput = (context: TableContext, write: Of<'put'>) => ({
  TableName: context.tableName,
  Item: toAttributes(write.item),
  ...guard(context, write.condition),
  ...RETURN_OLD,
});

export const deleteInput = (context: TableContext, write: Of<'delete'>) => ({
  TableName: context.tableName,
  Key: keyAttributes(write.key),
  ...guard(context, write.condition),
  ...RETURN_OLD,
});

export function checkInput(context: TableContext, write: Of<'check'>) {
  const expressions = new Expressions(context.now() / 1000);
  return {
    TableName: context.tableName,
    Key: keyAttributes(write.key),
    ConditionExpression: expressions.guarded(write.condition),
    ...expressions.attributes(),
    ...RETURN_OLD,
  };
}

/** Always fails on an expired item. */
export function updateInput(context: TableContext, write: Of<'update'>) {
  const expressions = new Expressions(context.now() / 1000);
  return {
    TableName: context.tableName,
    Key: keyAttributes(write.key),
    ConditionExpression: expressions.liveAnd(write.condition),
    UpdateExpression: expressions.update(write.change),
    ...expressions.attributes(),
    ...RETURN_OLD,
  };
}

function guard(context: TableContext, condition: Condition | undefined) {
  if (condition === undefined) return {};
  const expressions = new Expressions(context.now() / 1000);
  return { ConditionExpression: expressions.guarded(condition), ...expressions.attributes() };
}
