/** The shape of a JSON document: the names of its fields and the types of their values. */

/** A type of values: what it is called, and whether a value is of it. */
export interface Type {
  readonly type: string;
  readonly accepts: (value: unknown) => boolean;
}

/** A value of a type, an object with exactly these fields, or an array of at least one item, each of one shape. */
export type Shape = Type | readonly [Shape] | { readonly [field: string]: Shape };

const type = (name: string, accepts: (value: unknown) => boolean): Type => ({ type: name, accepts });
const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** RFC 3339 in UTC, with or without a fraction of a second. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

export const text = type('a string', isString);
export const words = type('a string that is not empty', (value) => isString(value) && value !== '');
export const uuid = type('a UUID', (value) => isString(value) && UUID.test(value));
export const time = type('a time', (value) => isString(value) && TIME.test(value) && !Number.isNaN(Date.parse(value)));
export const number = type('a number', isNumber);
export const integer = type('an integer of at least 0', (value) => Number.isInteger(value) && (value as number) >= 0);
export const fraction = type('a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1);
export const texts = type('an array of strings', (value) => Array.isArray(value) && value.every(isString));
/** Whatever their fields. */
export const objects = type(
  'an array of objects',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null),
);
/** Whatever its fields. */
export const object = type(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
/** Whatever their names. */
export const textFields = type(
  'an object of strings',
  (value) => typeof value === 'object' && value !== null && Object.values(value).every(isString),
);
export const numberFields = type(
  'an object of numbers',
  (value) => typeof value === 'object' && value !== null && Object.values(value).every(isNumber),
);
/** Exactly this value. */
export const is = (expected: string | number | boolean): Type =>
  type(JSON.stringify(expected), (value) => value === expected);
export const oneOf = (...expected: readonly string[]): Type =>
  type(expected.join(' or '), (value) => isString(value) && expected.includes(value));
export const orNull = (of: Type): Type => type(`${of.type}, or null`, (value) => value === null || of.accepts(value));
/** The same, or not there: what goes beyond the document, or is there only sometimes. */
export const optional = (of: Type): Type =>
  type(`${of.type}, or nothing`, (value) => value === undefined || of.accepts(value));

const isType = (shape: Shape): shape is Type => 'accepts' in shape && typeof shape.accepts === 'function';

/** What of `value` is not as the shape says: one sentence each. Fields that the shape lacks are among it. */
export function mismatches(shape: Shape, value: unknown, at = 'body'): string[] {
  if (isType(shape)) return shape.accepts(value) ? [] : [`${at} must be ${shape.type}; got ${JSON.stringify(value)}`];
  if (Array.isArray(shape)) {
    if (!Array.isArray(value) || value.length === 0) {
      return [`${at} must be an array with items; got ${JSON.stringify(value)}`];
    }
    return value.flatMap((item, i) => mismatches(shape[0], item, `${at}[${i}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${at} must be an object; got ${JSON.stringify(value)}`];
  }
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).filter((field) => !Object.hasOwn(shape, field));
  return [
    ...Object.entries(shape).flatMap(([field, of]) => mismatches(of, given[field], `${at}.${field}`)),
    ...unknown.map((field) => `${at}.${field} is in neither the document nor the list of additions`),
  ];
}
