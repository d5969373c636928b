import { expect, test } from '@jest/globals';
import { ConcurrencyLimit } from '#infra/embedded/gateway/concurrency-limit.ts';

const acquired = (of: ReturnType<ConcurrencyLimit['acquire']>): (() => void) => {
  if (typeof of === 'string') throw new Error(`refused: ${of}`);
  return of;
};

test('there is a limit per address, and one in total', () => {
  const limit = new ConcurrencyLimit({ perAddress: 2, total: 3 });
  const release = acquired(limit.acquire('192.0.2.1'));
  acquired(limit.acquire('192.0.2.1'));
  expect(limit.acquire('::ffff:192.0.2.1')).toBe('address');
  acquired(limit.acquire('192.0.2.2'));
  expect(limit.acquire('192.0.2.3')).toBe('total');
  release();
  acquired(limit.acquire('192.0.2.1'));
  expect(limit.acquire('192.0.2.2')).toBe('total');
});

test('without an address only the total is limited', () => {
  const limit = new ConcurrencyLimit({ perAddress: 1, total: 3 });
  const release = acquired(limit.acquire(undefined));
  acquired(limit.acquire(undefined));
  acquired(limit.acquire('192.0.2.1'));
  expect(limit.acquire('192.0.2.1')).toBe('address');
  expect(limit.acquire(undefined)).toBe('total');
  release();
  acquired(limit.acquire('192.0.2.2'));
});

test('an IPv6 /64 network counts as one address', () => {
  const limit = new ConcurrencyLimit({ perAddress: 1, total: 9 });
  acquired(limit.acquire('2001:db8::1'));
  expect(limit.acquire('2001:db8::2')).toBe('address');
  acquired(limit.acquire('2001:db8:1::2'));
});
