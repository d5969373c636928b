/** A JSON body with a schema. */
import type { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { check } from '../validation/check.ts';
import { showPath } from '../validation/show.ts';
import type { Body } from './body.ts';
import { findJsonFault } from './json-text.ts';

/** Deeper than any body of the API, and shallow enough for recursive parsers. */
const MAX_DEPTH = 32;

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** `schema` should be strict, so that unknown fields are refused by name. */
export function json<Z extends z.ZodType>(schema: Z, example?: unknown): Body<z.output<Z>> {
  const media = example === undefined ? { schema } : { schema, example };
  return {
    accepts: ['application/json'],
    bound: (settings) => settings.jsonBodyBytes,
    parse(raw) {
      const value = parseJson(raw.bytes);
      const checked = check(schema, value, { root: 'body' });
      const dropped = droppedNames(value);
      if (dropped.length === 0) return checked;
      throw new ValidationError(
        dropped.map((path) => ({ field: showPath('', path), message: 'is not a known field' })),
      );
    },
    openapi: { required: true, content: { 'application/json': media } },
  };
}

/** The paths of members called `__proto__`: a record schema silently drops them. */
function droppedNames(value: unknown, path: readonly PropertyKey[] = []): PropertyKey[][] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => droppedNames(item, [...path, index]));
  return Object.entries(value).flatMap(([name, member]) =>
    name === '__proto__' ? [[...path, name]] : droppedNames(member, [...path, name]),
  );
}

/** Throws `ValidationError`, with line and column, unless the bytes are JSON in well-formed UTF-8. */
function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw ValidationError.of('body', 'is required');
  const text = decode(bytes);
  const fault = findJsonFault(text, MAX_DEPTH);
  if (fault) {
    const { line, column, problem } = fault;
    throw ValidationError.of('body', `must be valid JSON; at line ${line}, column ${column}: ${problem}`);
  }
  if (!SURROGATE_ESCAPE.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => {
    if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
      throw ValidationError.of('body', 'must be well-formed Unicode; got half of a surrogate pair');
    }
    return value;
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw ValidationError.of('body', 'must be valid UTF-8');
  }
}
