/** Zod's issues as the API's error details: the field as a path, the bound, and the value received. */
import { z } from 'zod';
import type { ErrorDetail } from '#domain/errors.ts';
import { boundsOf, isSecret, nameSchemaAt, schemaAt } from './schema-at.ts';
import { MAX_SHOWN, showPath, showValue } from './show.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** One after another: there may be more of them than anyone wants. */
export function* detailsOf(
  issues: readonly Issue[],
  schema: Schema,
  where: { readonly root: string; readonly within?: string },
): Generator<ErrorDetail, void, void> {
  const prefix = where.within ?? '';
  let last: ErrorDetail | undefined;
  for (const issue of issues.flatMap(deepest)) {
    const at = issue.code === 'invalid_key' ? nameSchemaAt(schema, issue.path) : schemaAt(schema, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const known = at && 'shape' in at ? Object.keys(at.shape as object) : [];
      const message = `is not a known field${known.length === 0 ? '' : `; known are ${known.join(', ')}`}`;
      for (const key of issue.keys) yield { field: showPath(prefix, [...issue.path, key]), message };
      continue;
    }
    const field = showPath(prefix, issue.path) || where.root;
    const rule = ruleOf(issue, at);
    const silent = isSecret(at) || rule === REQUIRED || issue.code === 'custom';
    const message = silent ? rule : `${rule}; got ${received(issue)}`;
    // A whole number that is too large for one breaks two rules at once, which read alike.
    if (field === last?.field && message === last.message) continue;
    last = { field, message };
    yield last;
  }
}

/** For a length out of bounds this shows the length: the value itself would be cut short. */
function received({ code, input }: Issue): string {
  const isLength = code === 'too_big' || code === 'too_small';
  if (isLength && Array.isArray(input)) return String(input.length);
  if (isLength && typeof input === 'string' && input.length > MAX_SHOWN) return `${input.length}: ${showValue(input)}`;
  return showValue(input);
}

/** If the value has the shape of exactly one member of a union, the issues are those within that member. */
function deepest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const shaped = issue.errors.filter((member) => !member.some(isShapeMismatch));
  const [only] = shaped;
  if (only === undefined || shaped.length > 1) return [issue];
  return only.flatMap((inner) => deepest({ ...inner, path: [...issue.path, ...inner.path] }));
}

const isShapeMismatch = ({ code, path }: Issue): boolean => code === 'invalid_type' && path.length === 0;

const REQUIRED = 'is required';
/** The issues of a value that is not there at all. */
const IS_OF_ANOTHER_KIND: ReadonlySet<Issue['code']> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** The broken rule as a sentence. */
function ruleOf(issue: Issue, at: Schema | undefined): string {
  if (issue.input === undefined && IS_OF_ANOTHER_KIND.has(issue.code)) return REQUIRED;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(isWhole(at) ? 'int' : issue.expected)}`;
    case 'too_small':
    case 'too_big':
      return boundRule(issue, at);
    case 'invalid_format':
      return FORMATS[issue.format] ?? issue.message;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map((value) => JSON.stringify(value)))}`;
    case 'invalid_union':
      return unionRule(issue);
    case 'invalid_key':
      return issue.issues.map((inner) => `its name ${ruleOf(inner, at)}`).join('; ');
    default:
      return withoutName(issue);
  }
}

/** A custom message may begin with the field, which the detail names already. */
function withoutName({ message, path }: Issue): string {
  const name = `${String(path.at(-1) ?? '')} `;
  return message.startsWith(name) ? message.slice(name.length) : message;
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const isWhole = (at: Schema | undefined): boolean => at instanceof z.ZodNumber && at.isInt;

const typeName = (expected: string): string => TYPES[expected] ?? expected;

const FORMATS: Readonly<Record<string, string>> = {
  email: 'must be an e-mail address',
  uuid: 'must be a UUID',
  datetime: 'must be a time in UTC such as 2026-01-01T00:00:00Z',
};

const UNITS: Readonly<Record<string, string>> = {
  string: ' characters',
  array: ' items',
  set: ' items',
  file: ' bytes',
};

function boundRule(issue: Issue & { code: 'too_small' | 'too_big' }, at: Schema | undefined): string {
  const { min, max } = boundsOf(at);
  const unit = UNITS[issue.origin] ?? '';
  const prefix = unit === '' ? 'must be' : 'must have';
  if (min !== undefined && max !== undefined && issue.inclusive !== false) {
    return `${prefix} between ${min} and ${max}${unit}`;
  }
  if (issue.code === 'too_small') {
    return `${prefix} ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit}`;
  }
  return `${prefix} ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit}`;
}

function unionRule(issue: Issue & { code: 'invalid_union' }): string {
  const expected = issue.errors.flatMap(([first]) =>
    first?.code === 'invalid_type' ? [typeName(first.expected)] : [],
  );
  return expected.length === 0 ? issue.message : `must be ${alternatives([...new Set(expected)])}`;
}

function alternatives(of: readonly string[]): string {
  const last = of.at(-1) ?? '';
  return of.length < 2 ? last : `${of.slice(0, -1).join(', ')} or ${last}`;
}
