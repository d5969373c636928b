import { describe, expect, test } from '@jest/globals';
import { compare } from '../../../bench/api/comparison.ts';
import type { Load, Order } from '../../../bench/api/load/load.ts';

/** A load that finds one answer the first time, two the second time, and so on; each slice takes a second. */
function countingLoad(orders: Order[]): Load {
  const answered = new Map<string, number>();
  return {
    run: async (order) => {
      orders.push(order);
      const count = (answered.get(order.base) ?? 0) + 1;
      answered.set(order.base, count);
      const latencies = Float64Array.from({ length: count }, () => 5);
      const errors = order.base === 'theirs' ? { 503: 1 } : {};
      return { seconds: 1, busy: 0.25, kinds: { list: { latencies, errors } } };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

const side = (base: string) => ({
  base,
  pid: process.pid,
  kinds: [{ name: 'list', weight: 1, method: 'GET', path: '/models' } as const],
});

describe('a comparison', () => {
  test('gives both sides the same load in turn, each its part of the time', async () => {
    const orders: Order[] = [];
    await compare(countingLoad(orders), { clients: 3, seconds: 12, slices: 2 }, side('ours'), side('theirs'));
    expect(orders.map(({ base, seed, clients, seconds }) => [base, seed, clients, seconds])).toEqual(
      [0, 1, 2].flatMap((seed) => ['ours', 'theirs'].map((base) => [base, seed, 3, 3])),
    );
  });

  test('counts neither the rates nor the answers of the first slices', async () => {
    const { ours, peer, more } = await compare(
      countingLoad([]),
      { clients: 1, seconds: 12, slices: 2 },
      side('ours'),
      side('theirs'),
    );
    expect([ours, peer]).toEqual([2.5, 2.5]);
    expect(more).toMatchObject({
      listP50: 5,
      listP99: 5,
      errors: 0,
      peerListP50: 5,
      peerErrors: 2,
      'peerErrors 503': 2,
      generatorBusy: 0.25,
    });
  });

  test('is a measurement of one side where there is no other', async () => {
    const { peer, more } = await compare(countingLoad([]), { clients: 1, seconds: 12, slices: 2 }, side('ours'));
    expect(peer).toBeNull();
    expect(Object.keys(more!).filter((name) => name.startsWith('peer'))).toEqual([]);
  });
});
