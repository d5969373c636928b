/** Parameters of path, query and headers arrive as text; the schema has their types. */
import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { check } from './check.ts';
import { schemaAt } from './schema-at.ts';

type Parsed<Z> = Z extends z.ZodObject ? z.output<Z> : never;

const NOTHING = z.object({});

interface ParsedPath {
  readonly given: Readonly<Record<string, string>>;
  readonly parsed: unknown;
}

/** What is asked for is often asked for again at once. */
const latest = new WeakMap<z.ZodObject, ParsedPath>();

/** A path with invalid parameters cannot name a resource. Throws `NotFoundError`. The result is frozen. */
export function parsePath<Z extends z.ZodObject>(
  schema: Z | undefined,
  given: Readonly<Record<string, string>>,
): Parsed<Z> {
  const of = schema ?? NOTHING;
  const before = latest.get(of);
  if (before && haveSame(before.given, given)) return before.parsed as Parsed<Z>;
  const result = of.safeParse(given);
  if (!result.success) throw new NotFoundError();
  latest.set(of, { given, parsed: Object.freeze(result.data) });
  return result.data as Parsed<Z>;
}

function haveSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
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
