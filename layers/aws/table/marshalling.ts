import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item, Json } from '#domain/ports/table/port.ts';

/*
 * Not `@aws-sdk/util-dynamodb`: it looks at an object's property `constructor`, so it refuses JSON with a member of
 * that name, and it reads whole numbers above 2^53 as bigints.
 */

export type Attributes = Record<string, AttributeValue>;

export const toAttributes = (item: { readonly [name: string]: Json | undefined }): Attributes =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => (value === undefined ? [] : [[name, toAttribute(value)]])),
  );

export function toAttribute(value: Json): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  // The shortest digits that give the same double, at most 17; DynamoDB stores 38.
  if (typeof value === 'number') return { N: String(value) };
  if (isList(value)) return { L: value.map(toAttribute) };
  return { M: toAttributes(value) };
}

export const fromAttributes = (attributes: Attributes): Item => fromMap(attributes) as Item;

const fromMap = (attributes: Attributes): { [name: string]: Json } =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]));

function fromAttribute(value: AttributeValue): Json {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.M !== undefined) return fromMap(value.M);
  return null;
}

const isList = (value: readonly Json[] | { readonly [name: string]: Json }): value is readonly Json[] =>
  Array.isArray(value);
