import { expect, test } from '@jest/globals';
import { Recent } from '#domain/recent.ts';

test('what was found is remembered, but not of any number of texts, nor of long ones', () => {
  const recent = new Recent<number>();
  expect(recent.add('a', 1)).toBe(1);
  expect(recent.get('a')).toBe(1);
  const long = 'x'.repeat(301);
  expect([recent.add(long, 2), recent.get(long)]).toEqual([2, undefined]);
  for (let i = 0; i < 1000; i++) recent.add(String(i), i);
  expect([recent.get('a'), recent.get('999')]).toEqual([undefined, 999]);
});
