import { expect, test } from '@jest/globals';
import { VerifiedTokens } from '#functions/http/authentication/verified-tokens.ts';

test('a token is known until it expires, and for a minute at most', () => {
  let now = 1_000_000;
  const tokens = new VerifiedTokens<string>(() => now);
  expect(tokens.get('a')).toBeUndefined();
  tokens.add('a', 'A', 1000 + 30);
  tokens.add('b', 'B', 1000 + 3600);
  expect([tokens.get('a'), tokens.get('b')]).toEqual(['A', 'B']);
  now += 29_999;
  expect(tokens.get('a')).toBe('A');
  now += 1;
  expect([tokens.get('a'), tokens.get('b')]).toEqual([undefined, 'B']);
  now += 30_000;
  expect(tokens.get('b')).toBeUndefined();
});

test('a token is verified again after the clock has gone back', () => {
  let now = 10_000_000;
  const tokens = new VerifiedTokens<string>(() => now);
  tokens.add('a', 'A', now);
  now -= 3_600_000;
  expect(tokens.get('a')).toBeUndefined();
});

test('however many tokens there are, only the latest are known', () => {
  const tokens = new VerifiedTokens<number>(() => 0);
  for (let i = 0; i < 6000; i++) tokens.add(`token ${i}`, i, 1000);
  expect([tokens.get('token 999'), tokens.get('token 1000'), tokens.get('token 5999')]).toEqual([
    undefined,
    1000,
    5999,
  ]);
});
