/** Parameters of path, query and headers arrive as text; the schema has their types. */
import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { check } from './check.ts';
import { schemaAt } from './schema-at.ts';

type Parsed<Z> = Z extends z.ZodObject ? z.output<Z> : never;

const NOTHING = z.object({});

/** Of parameters that are frozen: a path that is asked for again has the same. */
const known = new WeakMap<object, { readonly of: z.ZodObject; readonly parsed: unknown }>();

/** A path with invalid parameters cannot name a resource. Throws `NotFoundError`. The result is frozen. */
export function parsePath<Z extends z.ZodObject>(
  schema: Z | undefined,
  given: Readonly<Record<string, string>>,
): Parsed<Z> {
  const of = schema ?? NOTHING;
  const before = known.get(given);
  if (before?.of === of) return before.parsed as Parsed<Z>;
  const result = of.safeParse(given);
  if (!result.success) throw new NotFoundError();
  const parsed = Object.freeze(result.data);
  if (Object.isFrozen(given)) known.set(given, { of, parsed });
  return parsed as Parsed<Z>;
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
    Object.entries(given).map(([name, [text = '']]) => [name, typed(schemaAt(schema, [name]), text)]),
  );
  return check(schema, values, { root: 'query' }) as Parsed<Z>;
}

/** Only the headers that the schema names, in lower case: without one, none. Throws `ValidationError`. */
export function parseHeaders<Z extends z.ZodObject>(
  schema: Z | undefined,
  given: Readonly<Record<string, string>>,
): Parsed<Z> {
  return (schema === undefined ? {} : check(schema, given, { root: 'headers' })) as Parsed<Z>;
}

const PLAIN = /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/;
/** As any language writes a number of 64 bits, with an exponent too. */
const DECIMAL = /^-?[0-9]{1,25}(?:\.[0-9]{1,25})?(?:[eE][+-]?[0-9]{1,3})?$/;

/** Other texts that JavaScript converts (`''`, `0x10`, and `1e3` for a whole number) stay text and are refused. */
function typed(schema: ReturnType<typeof schemaAt>, text: string): number | string {
  if (!(schema instanceof z.ZodNumber)) return text;
  return (schema.isInt ? PLAIN : DECIMAL).test(text) ? Number(text) : text;
}
