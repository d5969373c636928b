import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BodyQuota, type Reservation } from '#infra/embedded/gateway/body-quota.ts';

const never = () => {
  throw new Error('was aborted');
};

describe('the quota of bodies', () => {
  test('counts received bytes, and nothing for a body of which nothing has been received', () => {
    const quota = new BodyQuota({ clientBytes: 10, totalBytes: 20 });
    for (let n = 0; n < 1000; n++) quota.open('ada', never);
    expect(quota.open('ada', never).add(10)).toBeUndefined();
  });

  test('limits each client until it releases bytes', () => {
    const quota = new BodyQuota({ clientBytes: 10, totalBytes: 100 });
    const [first, second] = [quota.open('ada', never), quota.open('ada', never)];
    expect(first.add(6)).toBeUndefined();
    expect(second.add(5)).toBe('client');
    expect(quota.open('bob', never).add(10)).toBeUndefined();
    first.release();
    first.release();
    expect(second.add(10)).toBeUndefined();
    expect(second.add(1)).toBe('client');
  });

  test('when used up, aborts the largest unfinished body of the client that uses most', () => {
    const quota = new BodyQuota({ clientBytes: 10, totalBytes: 20 });
    const aborted: string[] = [];
    const receive = (client: string, name: string, bytes: number) => {
      const reservation = quota.open(client, () => aborted.push(name));
      expect(reservation.add(bytes)).toBeUndefined();
      return reservation;
    };
    receive('ada', 'complete', 5).complete();
    receive('ada', 'small', 2);
    const large = receive('ada', 'large', 3);
    receive('bob', 'other', 9);
    expect(quota.open('carl', never).add(2)).toBeUndefined();
    expect(aborted).toEqual(['large']);
    large.release();
    const carl = quota.open('carl', never);
    expect(carl.add(2)).toBeUndefined();
    expect(carl.add(3)).toBeUndefined();
    expect(aborted).toEqual(['large', 'other']);
  });

  test('when used up, refuses a client that uses as much as any other', () => {
    const quota = new BodyQuota({ clientBytes: 10, totalBytes: 20 });
    const [ada, bob] = [quota.open('ada', never), quota.open('bob', never)];
    expect([ada.add(10), bob.add(9)]).toEqual([undefined, undefined]);
    const carl = quota.open('carl', never);
    expect(carl.add(1)).toBeUndefined();
    expect(bob.add(1)).toBe('host');
  });

  test('is never exceeded, and is free again after every release', () => {
    const steps = fc.array(
      fc.record({
        client: fc.constantFrom('ada', 'bob', 'carl', 'dora'),
        bytes: fc.integer({ min: 1, max: 8 }),
        complete: fc.boolean(),
        release: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const quota = new BodyQuota({ clientBytes: 12, totalBytes: 20 });
        const held = new Map<Reservation, { client: string; bytes: number }>();
        const sum = (of: (each: { client: string }) => boolean) =>
          [...held.values()].filter(of).reduce((total, { bytes }) => total + bytes, 0);
        for (const { client, bytes, complete, release } of taken) {
          const reservation: Reservation = quota.open(client, () => held.delete(reservation));
          const free = sum((each) => each.client === client) + bytes <= 12;
          const exceeded = reservation.add(bytes);
          if (exceeded === undefined) held.set(reservation, { client, bytes });
          expect(exceeded === 'client').toBe(!free);
          expect(sum(() => true)).toBeLessThanOrEqual(20);
          if (complete) reservation.complete();
          if (release || exceeded !== undefined) {
            reservation.release();
            held.delete(reservation);
          }
        }
        for (const reservation of held.keys()) reservation.release();
        const all = [quota.open('ada', never), quota.open('bob', never)];
        expect(all.map((reservation, n) => reservation.add(n === 0 ? 12 : 8))).toEqual([undefined, undefined]);
      }),
    );
  });
});
