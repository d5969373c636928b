/** Parameters of path, query and headers arrive as text; the schema has their types. */
import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { check } from './check.ts';
import { schemaAt } from './schema-at.ts';

type Parsed<Z> = Z extends z.ZodObject ? z.output<Z> : never;

const NOTHING = z.object({});

/** A path with invalid parameters cannot name a resource. Throws `NotFoundError`. */
export function parsePath<Z extends z.ZodObject>(
  schema: Z | undefined,
  given: Readonly<Record<string, string>>,
): Parsed<Z> {
  const result = (schema ?? NOTHING).safeParse(given);
  if (!result.success) throw new NotFoundError();
  return result.data as Parsed<Z>;
}

/** A route that declares no query ignores what it gets. Throws `ValidationError`, also for a parameter given twice. */
export function parseQuery<Z extends z.ZodObject>(
  schema: Z | undefined,
  given: Readonly<Record<string, readonly string[]>>,
): Parsed<Z> {
  if (schema === undefined) return {} as Parsed<Z>;
  const repeated = new Faults();
  for (const [field, values] of Object.entries(given)) {
    if (values.length > 1) repeated.add(field, `must be given once; got ${values.length} values`);
  }
  repeated.throwIfAny();
  const values = Object.fromEntries(
    Object.entries(given).map(([name, [text = '']]) => [name, isNumeric(schema, name) ? toNumber(text) : text]),
  );
  return check(schema, values, { root: 'query' }) as Parsed<Z>;
}

/** Only the headers that the schema names, in lower case. Throws `ValidationError`. */
export function parseHeaders<Z extends z.ZodObject>(
  schema: Z | undefined,
  given: Readonly<Record<string, string>>,
): Parsed<Z> {
  return check(schema ?? NOTHING, given, { root: 'headers' }) as Parsed<Z>;
}

const isNumeric = (schema: z.ZodObject, name: string): boolean => schemaAt(schema, [name]) instanceof z.ZodNumber;

/** Only plain decimals: other texts that JavaScript converts (`''`, `0x10`, `1e3`) stay text and are refused. */
const toNumber = (text: string): number | string =>
  /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text) ? Number(text) : text;
