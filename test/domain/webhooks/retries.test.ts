import { describe, expect, test } from '@jest/globals';
import { isPattern, matchesPattern } from '#domain/webhooks/patterns.ts';
import { MAX_TRIES, retryAfterSeconds, retryDelay } from '#domain/webhooks/retries.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('retries', () => {
  test('are nine, within about three days', () => {
    const delays = Array.from({ length: 10 }, (_, i) => retryDelay(i + 1, 0.5));
    expect(delays).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, undefined]);
    expect(MAX_TRIES).toBe(10);
  });

  test('come up to a tenth earlier or later, so that they do not all come at once', () => {
    expect(retryDelay(2, 0)).toBeCloseTo(270, 9);
    expect(retryDelay(2, 1)).toBeCloseTo(330, 9);
  });

  test('come no sooner than the receiver asked for, but not later than a day because of it', () => {
    expect(retryDelay(1, 0.5, 60)).toBe(60);
    expect(retryDelay(4, 0.5, 60)).toBe(7200);
    expect(retryDelay(1, 0.5, 1e9)).toBe(86_400);
  });
});

test.each([
  [undefined, undefined],
  ['120', 120],
  ['0', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['9'.repeat(40), undefined],
  ['soon', undefined],
  ['2026-01-01', undefined],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
])('Retry-After %p is %p seconds', (header, seconds) => {
  expect(retryAfterSeconds(header, NOW)).toBe(seconds);
});

test.each<[string, string, boolean]>([
  ['*', 'training.started', true],
  ['training.*', 'training.started', true],
  ['training.*', 'dataset.failed', false],
  ['model.*', 'model.alias.moved', true],
  ['model.alias.*', 'model.alias.moved', true],
  ['model.alias.*', 'model.created', false],
  ['training.started', 'training.started', true],
  ['training.start', 'training.started', false],
])('pattern %s and event %s: %p', (pattern, type, expected) => {
  expect(matchesPattern(pattern, type)).toBe(expected);
});

test('a pattern must mean some event', () => {
  for (const text of ['', '.*', '**', 'train*', 'training', 'training.', 'training.*.*', 'webhook.test', 'a.*']) {
    expect([text, isPattern(text)]).toEqual([text, false]);
  }
});
