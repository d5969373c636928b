/** A JSON body with a schema. */
import type { z } from 'zod';
import { andThen } from '#domain/awaitable.ts';
import { ValidationError } from '#domain/errors.ts';
import { exampleOf } from '../example.ts';
import { check } from '../validation/check.ts';
import type { Body } from './body.ts';
import { findJsonFault } from './json-text.ts';
import { expectKeptNames, expectWellFormed, isShallow, withoutTinyNumbers } from './json-value.ts';

/** Deeper than any body of the API, and shallow enough for recursive parsers. */
const MAX_DEPTH = 32;

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
/** What every number below 1e-99 has. */
const TINY_NUMBER = /[eE]-[0-9]{2}|0{50}/;
/** The name that objects drop, or an escape that may spell it. */
const DROPPED_NAME = /__proto__|\\u00/;

export interface JsonOptions<Z extends z.ZodType> {
  /** For a body with a file in it. */
  readonly bound?: Body<unknown>['bound'];
  /** What the schema makes of what most requests have, in less time; `undefined` for anything else. */
  readonly quick?: (value: unknown) => z.output<Z> | undefined;
}

/**
 * `schema` should be strict, so that unknown fields are refused by name. `example`: default, one made of it.
 */
export function json<Z extends z.ZodType>(
  schema: Z,
  example?: unknown,
  { bound = (settings) => settings.jsonBodyBytes, quick }: JsonOptions<Z> = {},
): Body<z.output<Z>> {
  return {
    accepts: ['application/json'],
    bound,
    parse: (raw) =>
      andThen(raw.content.bytes(), (bytes) => {
        const { value, text } = read(bytes);
        const checked = quick?.(value) ?? check(schema, value, { root: 'body' });
        if (DROPPED_NAME.test(text)) expectKeptNames(value);
        return checked;
      }),
    get openapi() {
      return {
        required: true,
        content: { 'application/json': { schema, example: example ?? exampleOf(schema, 'input') } },
      };
    },
  };
}

/** A body that may be left out: it is then an object without fields. */
export function optionalJson<Z extends z.ZodType>(schema: Z, example?: unknown): Body<z.output<Z>> {
  const given = json(schema, example);
  return {
    ...given,
    optional: true,
    parse: (raw) => (raw.content.size === 0 ? check(schema, {}, { root: 'body' }) : given.parse(raw)),
    openapi: { ...given.openapi, required: false },
  };
}

/** Throws `ValidationError` with line and column for what is not JSON in well-formed UTF-8. */
export const parseJson = (bytes: Uint8Array): unknown => read(bytes).value;

function read(bytes: Uint8Array): { readonly value: unknown; readonly text: string } {
  if (bytes.length === 0) throw ValidationError.of('body', 'is required');
  const text = decode(bytes);
  const value = readJson(text);
  if (SURROGATE_ESCAPE.test(text)) expectWellFormed(value);
  return { value: TINY_NUMBER.test(text) ? withoutTinyNumbers(value) : value, text };
}

/** The engine reads it many times faster than its faults are looked for: that is done where there is one. */
function readJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (isShallow(value, MAX_DEPTH)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { line, column, problem } = findJsonFault(text, MAX_DEPTH)!;
  throw ValidationError.of('body', `must be valid JSON; at line ${line}, column ${column}: ${problem}`);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw ValidationError.of('body', 'must be valid UTF-8');
  }
}
