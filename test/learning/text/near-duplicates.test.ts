import { describe, expect, test } from '@jest/globals';
import { countAlike, NearDuplicates } from '#learning/text/near-duplicates.ts';

const groupsOf = (...texts: readonly string[]): number[] => {
  const found = new NearDuplicates();
  for (const text of texts) found.add(text);
  return [...found.groups()];
};

const LONG = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');

describe('texts that are nearly the same', () => {
  test('are one group, whatever their case, and with a few words changed', () => {
    expect(groupsOf(LONG, 'something else entirely', LONG.toUpperCase(), LONG.replace('word30', 'other'))).toEqual([
      0, 1, 0, 0,
    ]);
  });

  test('join groups that only they connect', () => {
    const half = LONG.split(' ');
    const ends = [half.slice(0, 54).join(' '), half.slice(6).join(' ')];
    expect(new Set(groupsOf(...ends, LONG)).size).toBe(1);
  });

  test('are not those that have half of their words in common', () => {
    const half = `${LONG.split(' ').slice(0, 30).join(' ')} ${Array.from({ length: 30 }, (_, i) => `new${i}`).join(' ')}`;
    expect(groupsOf(LONG, half)).toEqual([0, 1]);
  });

  test('of a word or two are those that are equal', () => {
    expect(groupsOf('hello world', 'Hello  world', 'hello there', '')).toEqual([0, 0, 2, 3]);
  });

  test('are counted between the rows of a split', () => {
    const groups = Int32Array.of(0, 1, 0, 3, 1);
    expect(countAlike(groups, Int32Array.of(2, 3, 4), Int32Array.of(0, 1))).toBe(2);
  });
});
