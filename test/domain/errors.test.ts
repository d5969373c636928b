import { describe, expect, test } from '@jest/globals';
import { ConflictError, type ErrorDetail, UnprocessableError, ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';

const many = (count: number): ErrorDetail[] =>
  Array.from({ length: count }, (_, i) => ({ field: `field_${i}`, message: 'is wrong' }));

describe('an error', () => {
  test('has the details that it was given, up to the bound', () => {
    const error = new ValidationError(many(LIMITS.error.details));
    expect(error.details).toEqual(many(LIMITS.error.details));
    expect(error.message).toBe('Invalid input data');
  });

  test.each([
    ['a ValidationError', () => new ValidationError(many(37), 'Wrong'), 'Wrong; 17 more details are left out'],
    ['a ConflictError', () => new ConflictError('Busy', many(21)), 'Busy; 1 more detail is left out'],
    ['an UnprocessableError', () => new UnprocessableError('Odd', many(22)), 'Odd; 2 more details are left out'],
  ])('that was given more says how many it leaves out: %s', (_, make, message) => {
    const error = make();
    expect(error.details).toEqual(many(LIMITS.error.details));
    expect(error.message).toBe(message);
  });

  test('says that checking stopped, whatever its message was', () => {
    const stopped = '; checking stopped after 20 details, there may be more';
    expect(new ValidationError(many(20), undefined, true).message).toBe(`Invalid input data${stopped}`);
    const long = new ValidationError(many(20), 'x'.repeat(10_000), true).message;
    expect(long.endsWith(`…${stopped}`)).toBe(true);
    expect(long.length).toBeLessThan(5000);
  });

  test('cuts long fields and messages, and no character in two', () => {
    const { details } = ValidationError.of('\u{1f600}'.repeat(10_000), 'é'.repeat(10_000));
    const [{ field, message }] = details as [ErrorDetail];
    for (const text of [field, message]) {
      expect(text.endsWith('…') && text.isWellFormed()).toBe(true);
      expect(text.length).toBeLessThan(2000);
    }
  });
});

describe('faults', () => {
  test('are collected until an error lists no more, and then thrown', () => {
    const faults = new Faults();
    faults.throwIfAny();
    for (const { field, message } of many(19)) faults.add(field, message);
    expect(faults.full).toBe(false);
    expect(() => faults.throwIfAny()).toThrow(/^Invalid input data$/);
    for (const { field, message } of many(40)) faults.add(field, message);
    expect(faults.full).toBe(true);
    expect(() => faults.throwIfAny()).toThrow(/checking stopped after 20 details, there may be more$/);
  });
});
