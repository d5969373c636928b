/**
 * A row of a prediction's request. Which of its forms a model takes is known once the model is, so that here any of them
 * will do, and a value is looked at once: a union would try each part as everything that it may be, and report it as often.
 */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { showValue } from '#functions/http/validation/show.ts';
import type { Input } from '#learning/predictor.ts';
import { shapeOf } from '#learning/serving/input.ts';

/** For documents. */
const cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** The rows of an image, whose pixels may have channels, or of a series. */
const inner = z.array(z.union([cell, z.array(z.number())]));

export const documentedRow = z.union([
  z.array(z.union([cell, inner, z.record(z.string(), cell)])),
  z.record(z.string(), cell),
  z.string(),
]);

/** The JSON Schema, but for the dialect that the document says. */
function jsonSchemaOfRow(): Readonly<Record<string, unknown>> {
  const { $schema: _, ...schema } = z.toJSONSchema(documentedRow, { io: 'input' });
  return schema;
}

export const row: z.ZodType<Input> = z
  .unknown()
  .check(({ value, issues }) => {
    for (const { path, message, input, got = showValue(input) } of wrongIn(value)) {
      issues.push({ code: 'custom', path: [...path], message: `${message}; got ${got}`, input });
      // One more than an error lists, which says that checking stopped.
      if (issues.length > LIMITS.error.details) return;
    }
  })
  .meta({
    id: 'Row',
    description:
      "A value for each of the model's features in their order, null if it is missing; " +
      'as an addition, an object of values by feature name, or for a model of texts the text. ' +
      'For a model of images: the file as base64 or as a data URL, or its pixels as arrays [height, width], with channels first or last. ' +
      'For a model of series: an array of its latest rows, at least as many as the model’s window.',
    example: [0.5, 0.3, 0.2, 0.1],
    override: ({ jsonSchema }) => Object.assign(jsonSchema, jsonSchemaOfRow()),
  }) as z.ZodType<Input>;

interface Wrong {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly input: unknown;
  /** Default: the input. */
  readonly got?: string;
}

/** An image with channels has so many. */
const MOST_DIMENSIONS = 3;

const CELL = 'a number, a string, true, false or null';

/** Whether a value of JSON can be a cell: numbers too large for one are read as infinite. */
export const isCell = (value: unknown): boolean =>
  typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' || value === null;

function* wrongIn(given: unknown): Generator<Wrong, void, undefined> {
  if (typeof given === 'string') return;
  if (typeof given !== 'object' || given === null) {
    yield { path: [], message: 'must be an array, an object or a string', input: given };
  } else if (Array.isArray(given)) {
    const shape = shapeOf(given);
    if (shape.length > MOST_DIMENSIONS) {
      const message = `must have at most ${MOST_DIMENSIONS} dimensions, as an image with channels has`;
      return yield { path: [], message, input: given, got: `an array [${shape.join(', ')}]` };
    }
    for (let at = 0; at < given.length; at++) {
      const part: unknown = given[at];
      if (isCell(part)) continue;
      if (typeof part === 'object' && part !== null) yield* wrongInPart(part, at);
      else yield { path: [at], message: `must be ${CELL}`, input: part };
    }
  } else {
    yield* wrongInRecord(given, []);
  }
}

/** In a row of an image, or of a series. */
function* wrongInPart(part: object, at: number): Generator<Wrong, void, undefined> {
  if (!Array.isArray(part)) return yield* wrongInRecord(part, [at]);
  for (let place = 0; place < part.length; place++) {
    const value: unknown = part[place];
    if (isCell(value) || (Array.isArray(value) && value.every(Number.isFinite))) continue;
    yield { path: [at, place], message: `must be ${CELL}, or an array of numbers`, input: value };
    // The other arrays beside it have the same fault.
    if (Array.isArray(value)) return;
  }
}

function* wrongInRecord(record: object, path: readonly PropertyKey[]): Generator<Wrong, void, undefined> {
  for (const [name, value] of Object.entries(record)) {
    if (!isCell(value)) yield { path: [...path, name], message: `must be ${CELL}`, input: value };
  }
}
