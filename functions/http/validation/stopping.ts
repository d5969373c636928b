/**
 * Zod looks at all of a value and makes an issue of everything that is wrong with it: a megabyte of wrong values becomes
 * a gigabyte of issues. A schema made here takes and refuses the same values, and stops once it has found enough:
 *
 *     inputs ─┬─ [0]    3 issues   left: 17
 *             ├─ [1]   17 issues   left: 0
 *             └─ [2] …             not looked at
 *
 * Each alternative of a union may find as much as is left, or a valid one could be taken for wrong. What they found
 * counts if none of them fits.
 */
import { z } from 'zod';

type Schema = z.core.$ZodType;
type Run = Schema['_zod']['run'];
type Payload = z.core.ParsePayload;
type Def<T extends z.core.$ZodTypes['_zod']['def']['type']> = Extract<
  z.core.$ZodTypes['_zod']['def'],
  { readonly type: T }
>;

export interface Budget {
  /** How many more issues are looked for. */
  left: number;
  /** Whether something was not looked at. */
  stopped: boolean;
}

/** The context that a parse of such a schema has to be given. */
interface Context extends z.core.ParseContextInternal {
  readonly budget: Budget;
  /** What the alternatives of the union at hand have found, those that fit apart. */
  readonly refused?: { issues: number; stopped: boolean };
}

const known = new WeakMap<Schema, Schema>();

/** The schema itself where nothing in it can have many parts. Throws `TypeError` for one that is not known to stop. */
export function stopping(schema: Schema): Schema {
  const before = known.get(schema);
  if (before) return before;
  const made = make(schema);
  known.set(schema, made);
  return made;
}

function make(schema: Schema): Schema {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'array':
      return copy(schema, { ...def, element: part(def.element) });
    case 'record':
      return copy(schema, { ...def, keyType: key(def.keyType), valueType: part(def.valueType) });
    case 'object':
      return object(schema, def);
    case 'union':
      return union(schema, def);
    case 'lazy':
      return copy(schema, { ...def, _cachedInner: undefined, getter: () => stopping(def.getter()) } as typeof def);
    case 'pipe': {
      const [from, to] = [stopping(def.in), stopping(def.out)];
      return from === def.in && to === def.out ? schema : copy(schema, { ...def, in: from, out: to });
    }
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly': {
      const innerType = stopping(def.innerType);
      return innerType === def.innerType ? schema : copy(schema, { ...def, innerType } as typeof def);
    }
    default:
      if (ATOMS.has(def.type)) return schema;
      throw unknown(`a schema of type ${def.type}`);
  }
}

/** Types whose values make an issue or two, whatever they are. */
const ATOMS: ReadonlySet<string> = new Set([
  'string',
  'number',
  'int',
  'boolean',
  'null',
  'undefined',
  'any',
  'unknown',
  'never',
  'literal',
  'enum',
  'custom',
  'transform',
  'template_literal',
]);

const unknown = (what: string) => new TypeError(`${what} would not stop at the first issues: teach stopping.ts how`);

/** Numbers as names are tried twice, and would count although they fit. */
function key(schema: z.core.$ZodRecordKey): z.core.$ZodRecordKey {
  const { type } = schema._zod.def;
  if (type === 'enum' || type === 'literal') return schema;
  if (type === 'string') return part(schema) as z.core.$ZodRecordKey;
  throw unknown(`a record with names of type ${type}`);
}

function object(schema: Schema, def: Def<'object'>): Schema {
  const shape = Object.fromEntries(Object.entries(def.shape).map(([name, field]) => [name, stopping(field)]));
  const rest = def.catchall;
  // Of unknown fields that are refused there is one issue for them all.
  const catchall = rest && (rest._zod.def.type === 'never' ? rest : part(rest));
  const same = catchall === rest && Object.entries(shape).every(([name, field]) => field === def.shape[name]);
  return same ? schema : copy(schema, { ...def, shape, ...(catchall && { catchall }) });
}

/** One of any number of parts. */
const part = (schema: Schema): Schema =>
  running(stopping(schema), (run) => (payload, ctx) => {
    const { budget } = ctx as Context;
    if (budget.left <= 0) {
      // The value is refused anyway: there was an issue for each that is no longer left.
      budget.stopped = true;
      return payload;
    }
    const before = budget.left;
    const result = run(payload, ctx) as Payload;
    budget.left = Math.min(budget.left, before - result.issues.length);
    return result;
  });

function union(schema: Schema, def: Def<'union'>): Schema {
  if (def.options.every((option) => stopping(option) === option)) return schema;
  return running(copy(schema, { ...def, options: def.options.map(alternative) }), (run) => (payload, ctx) => {
    const refused = { issues: 0, stopped: false };
    const result = run(payload, { ...ctx, refused } as Context) as Payload;
    if (result.issues.length > 0) {
      const { budget } = ctx as Context;
      budget.left -= refused.issues;
      budget.stopped ||= refused.stopped;
    }
    return result;
  });
}

const alternative = (schema: Schema): Schema =>
  running(stopping(schema), (run) => (payload, ctx) => {
    const { budget, refused } = ctx as Context;
    const own: Budget = { left: budget.left, stopped: false };
    const result = run(payload, { ...ctx, budget: own } as Context) as Payload;
    if (refused && result.issues.length > 0) {
      refused.issues += budget.left - own.left;
      refused.stopped ||= own.stopped;
    }
    return result;
  });

const copy = <T extends Schema>(schema: T, def: z.core.$ZodTypes['_zod']['def']): T =>
  z.core.clone(schema, def as T['_zod']['def']);

/** The schema in all but how it is run: whatever was changed in it before stays so, which a clone would lose. */
function running(schema: Schema, change: (run: Run) => Run): Schema {
  const internals = Object.create(schema._zod, { run: { value: change(schema._zod.run) } });
  return Object.create(schema, { _zod: { value: internals } });
}
