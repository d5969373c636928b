import { describe, expect, test } from '@jest/globals';
import { Turns } from '#embedded/compute/turns.ts';

/** One that waits: its owner's letter, `-` for nobody's, and its place in the line. */
const open = (most: number) => new Turns<string>(most, ([owner]) => (owner === '-' ? undefined : owner));
const order = (turns: Turns<string>, owners: string, inHand: Readonly<Record<string, number>> = {}): string => {
  const waiting = [...owners].map((owner, n) => `${owner}${n}`);
  return turns.order(waiting, ([owner = '']) => inHand[owner] ?? 0).join(' ');
};

describe('the next turn', () => {
  test('goes round the owners, however much of one waits', () => {
    expect(order(open(9), 'aaaabbc')).toBe('a0 b4 c6 a1 b5 a2 a3');
  });

  test('goes first to the owner with the least in progress', () => {
    expect(order(open(9), 'abc', { a: 2, b: 1 })).toBe('c2 b1 a0');
  });

  test('goes among equals to the one that was served least recently', () => {
    const turns = open(9);
    for (const owner of 'cabc') turns.served(owner);
    expect(order(turns, 'abcd')).toBe('d3 a0 b1 c2');
  });

  test('does not go to an owner with the maximum in progress', () => {
    expect(order(open(2), 'aaabbb', { a: 1, b: 2 })).toBe('a0');
  });

  test('goes to whatever has no owner as to the first of a new one', () => {
    expect(order(open(1), '--a-a')).toBe('-0 -1 a2 -3');
  });

  test('goes to what came first if too many owners were served to remember', () => {
    const turns = new Turns<string>(1, (owner) => owner);
    for (let n = 0; n <= 10_000; n += 1) turns.served(`owner ${n}`);
    expect(turns.order(['owner 5', 'owner 1'], () => 0)).toEqual(['owner 5', 'owner 1']);
  });
});
