/** Finds the schema of a part: an issue has only the broken bound, and messages show both. */
import { z } from 'zod';

type Schema = z.core.$ZodType;

/** The schema of the part at `path`, without its wrappers; `undefined` if it is ambiguous. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let at: Schema | undefined = unwrap(schema);
  for (const key of path) {
    if (at === undefined) return undefined;
    const part: Schema | undefined = child(at, key);
    at = part && unwrap(part);
  }
  return at;
}

/** The schema that the last name of `path` has to satisfy, in an object with names of the client's choice. */
export function nameSchemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  const parent = schemaAt(schema, path.slice(0, -1));
  return parent instanceof z.ZodRecord ? unwrap(parent.keyType) : undefined;
}

function child(schema: Schema, key: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject)
    return typeof key === 'string' && Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodTuple) return typeof key === 'number' ? schema.def.items[key] : undefined;
  return undefined;
}

function unwrap(schema: Schema): Schema {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrap(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in);
  return schema;
}

/** Inclusive bounds of a number, or of the length of a string or an array; each present only if the schema sets it. */
export function boundsOf(schema: Schema | undefined): { min?: number; max?: number } {
  if (schema instanceof z.ZodNumber) {
    const { minValue: min, maxValue: max } = schema;
    return { ...(isSet(min) ? { min } : {}), ...(isSet(max) ? { max } : {}) };
  }
  if (schema instanceof z.ZodString) {
    const { minLength: min, maxLength: max } = schema;
    return { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) };
  }
  if (schema instanceof z.ZodArray) return Object.assign({}, ...(schema.def.checks ?? []).map(lengthBound));
  return {};
}

function lengthBound({ _zod: { def } }: z.core.$ZodCheck<never>): { min?: number; max?: number } {
  if ('minimum' in def && typeof def.minimum === 'number') return { min: def.minimum };
  if ('maximum' in def && typeof def.maximum === 'number') return { max: def.maximum };
  return {};
}

/** Zod gives whole numbers the safe integers as default bounds, which are not to be shown. */
const isSet = (bound: number | null): bound is number => bound !== null && Math.abs(bound) < Number.MAX_SAFE_INTEGER;

/** Whether values must never appear in a response or a log. */
export const isSecret = (schema: Schema | undefined): boolean =>
  schema !== undefined && z.globalRegistry.get(schema)?.format === 'password';
