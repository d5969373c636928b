import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { type ErrorDetail, ValidationError } from '#domain/errors.ts';
import { check } from '#functions/http/validation/check.ts';
import { detailsOf } from '#functions/http/validation/issues.ts';
import { stopping } from '#functions/http/validation/stopping.ts';
import { issuesMade } from './issues-made.ts';

const cell = z.union([z.number(), z.string(), z.null()]);
const row = z.union([z.array(cell), z.record(z.string(), cell)]);

/** Every way in which the routes put schemas together. */
const schema = z
  .strictObject({
    rows: z.array(row).min(1).max(40).optional(),
    parts: z.array(z.strictObject({ part: z.int().min(1), etag: z.string().min(1).max(3) })).default([]),
    options: z
      .strictObject({ enabled: z.boolean().default(false), tags: z.array(z.enum(['a', 'b'])).readonly() })
      .prefault({ tags: [] }),
    keyed: z.record(z.string().regex(/^[a-z]+$/), z.number()).optional(),
    free: z.record(z.string(), z.json()).nullable().default({}),
    open: z.looseObject({ n: z.number() }).catchall(z.string()).optional(),
    either: z.union([z.array(z.number()), z.array(z.string()), z.literal('none')]).optional(),
    trimmed: z
      .array(
        z
          .string()
          .transform((text) => text.trim())
          .pipe(z.string().max(2)),
      )
      .optional(),
  })
  .refine(({ rows, either }) => rows === undefined || either === undefined, 'rows and either exclude each other');

const wrong = fc.constantFrom<unknown>(2.5, 'long text', true, null, {}, [], [[]], Infinity);

/** Of `good` parts to each wrong one. */
function valuesWith(good: number): fc.Arbitrary<object> {
  const or = (right: fc.Arbitrary<unknown>, other: fc.Arbitrary<unknown> = wrong) =>
    fc.oneof({ weight: good, arbitrary: right }, { weight: 1, arbitrary: other });
  const list = (of: fc.Arbitrary<unknown>) => fc.array(or(of), { minLength: 1, maxLength: 30 });
  const named = (of: fc.Arbitrary<unknown>) => fc.dictionary(fc.constantFrom('n', 'x', 'y'), or(of));
  const number = fc.constantFrom(1, 2.5);
  const word = fc.constantFrom('a', 'b', ' ab ');
  const cell = fc.constantFrom<unknown>(1, 'a', null);
  const fields = fc.record(
    {
      rows: list(fc.oneof(list(cell), named(cell))),
      parts: list(fc.record({ part: or(fc.constantFrom(1, 2)), etag: or(fc.constantFrom('a', 'abc')) })),
      options: or(fc.record({ enabled: or(fc.boolean()), tags: list(fc.constantFrom('a', 'b')) })),
      keyed: or(fc.dictionary(or(fc.constantFrom('a', 'b', 'c'), fc.string()) as fc.Arbitrary<string>, or(number))),
      free: named(or(fc.jsonValue({ maxDepth: 3 }), list(list(wrong)))),
      open: or(fc.record({ n: or(number), x: or(word) })),
      either: fc.oneof(list(number), list(word), fc.constant('none')),
      trimmed: list(word),
      extra: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  // Each field is there in one of three: what has all of them is hardly ever valid.
  return fc
    .tuple(fields, fc.infiniteStream(fc.constantFrom(true, false, false)))
    .map(([all, kept]) => Object.fromEntries(Object.entries(all).filter(() => kept.next().value)));
}

function plain(given: unknown): { data?: unknown; details: ErrorDetail[] } {
  const result = z.safeParse(schema, given, { reportInput: true });
  if (result.success) return { data: result.data, details: [] };
  return { details: detailsOf(result.error.issues, schema, { root: 'body' }).toArray() };
}

function bounded(given: unknown): { data?: unknown; details: readonly ErrorDetail[]; stopped: boolean } {
  try {
    return { data: check(schema, given, { root: 'body' }), details: [], stopped: false };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return { details: error.details, stopped: error.message.includes('there may be more') };
  }
}

const shown = (details: readonly ErrorDetail[]): string[] => details.map(({ field, message }) => `${field} ${message}`);

describe('a schema that stops', () => {
  test('makes of every value what the schema makes of it, and finds the same faults until it stops', () => {
    const seen = { valid: 0, wrong: 0, stopped: 0 };
    fc.assert(
      fc.property(fc.oneof(valuesWith(100), valuesWith(10), valuesWith(1)), (given) => {
        const all = plain(given);
        const found = bounded(given);
        seen[found.stopped ? 'stopped' : all.details.length === 0 ? 'valid' : 'wrong'] += 1;
        expect(found.data).toEqual(all.data);
        if (!found.stopped) return expect(shown(found.details)).toEqual(shown(all.details));
        expect(all.details.length).toBeGreaterThan(0);
        expect(found.details.length).toBeGreaterThan(0);
        expect(shown(all.details)).toEqual(expect.arrayContaining(shown(found.details)));
      }),
      { numRuns: 1000, seed: 5 },
    );
    // The law was put to the test for all three.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });

  test('looks at no row after those in which it found enough', () => {
    let looks = 0;
    const watched = () =>
      new Proxy([{}, 1] as unknown[], {
        get: (target, key) => {
          if (key === '0') looks += 1;
          return Reflect.get(target, key);
        },
      });
    const rows = z.strictObject({ rows: z.array(row) });
    const refused = () => check(rows, { rows: Array.from({ length: 10_000 }, watched) }, { root: 'body' });
    expect(refused).toThrow(/checking stopped after 20 details/);
    expect(looks).toBe(20);
  });

  test('looks at an alternative in full, however much was wrong by the one before it', () => {
    const words = Array.from({ length: 100 }, () => 'a');
    expect(check(schema, { either: words }, { root: 'body' })).toMatchObject({ either: words });
    expect(() => check(schema, { either: [...words, true] }, { root: 'body' })).toThrow(ValidationError);
  });

  const wide = { rows: [Array.from({ length: 200_000 }, () => ({}))] };
  const nested = (depth: number): unknown =>
    depth === 0 ? Infinity : Array.from({ length: 20 }, () => nested(depth - 1));
  const names = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`name${i}`, {}]));
  test.each<[string, unknown]>([
    ['cells of one row', wide],
    ['fields of one row', { rows: [names] }],
    ['alternatives that all come far', { either: Array.from({ length: 100_000 }, (_, i) => (i % 2 ? 1 : 'a')) }],
    ['levels of alternatives', { free: { a: nested(4) } }],
    ['fields that are not known', names],
    ['fields of any name', { open: { n: 1, ...names } }],
    ['names of fields', { keyed: names }],
  ])('makes few issues of very many wrong %s', async (_, given) => {
    let refused: unknown;
    const made = await issuesMade(() => {
      try {
        check(schema, given, { root: 'body' });
      } catch (error) {
        refused = error;
      }
    });
    expect(refused).toBeInstanceOf(ValidationError);
    expect((refused as ValidationError).details.length).toBeGreaterThan(0);
    expect((refused as ValidationError).message).toContain('there may be more');
    expect(made).toBeLessThan(1000);
  });

  test('is the schema itself where there is nothing to stop at', () => {
    const fixed = z.strictObject({ a: z.string().optional(), b: z.union([z.number(), z.null()]).default(1) });
    expect(stopping(fixed)).toBe(fixed);
    expect(stopping(schema)).toBe(stopping(schema));
  });

  test('is made of no schema that would not stop', () => {
    const both = z.strictObject({ a: z.intersection(z.array(z.number()), z.array(z.int())) });
    expect(() => stopping(both)).toThrow(/type intersection would not stop/);
    expect(() => stopping(z.record(z.number(), z.string()))).toThrow(/names of type number would not stop/);
  });
});
