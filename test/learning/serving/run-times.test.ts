import { describe, expect, test } from '@jest/globals';
import { RunTimes } from '#learning/serving/run-times.ts';

/** After ten runs of so many rows, the first of which was slow. */
function known(rows: number, milliseconds: number): RunTimes {
  const times = new RunTimes();
  times.add(rows, 1000, 0);
  for (let runs = 1; runs < 10; runs++) times.add(rows, milliseconds, 0);
  return times;
}

describe('whether a run takes long', () => {
  test('is not known before some runs: the first ones are slower', () => {
    const times = new RunTimes();
    for (let runs = 0; runs < 7; runs++) times.add(1, 1000, 0);
    expect(times.exceeds(1, 1, 0)).toBeUndefined();
    expect([known(1, 0.9).exceeds(1, 1, 0), known(1, 1.1).exceeds(1, 1, 0)]).toEqual([false, true]);
  });

  test('follows for more rows from fewer that did, and for fewer rows from more that did not', () => {
    const [slow, fast] = [known(4, 2), known(4, 0.5)];
    const found = (times: RunTimes) => [1, 3, 4, 5, 100].map((rows) => times.exceeds(1, rows, 0));
    expect(found(slow)).toEqual([undefined, true, true, true, true]);
    expect(found(fast)).toEqual([false, false, false, undefined, undefined]);
  });

  test('follows what is measured, and one interrupted run changes it little', () => {
    const times = known(1, 0.1);
    times.add(1, 100, 0);
    expect([times.exceeds(0.1, 1, 0), times.exceeds(0.12, 1, 0)]).toEqual([true, false]);
    for (let runs = 0; runs < 100; runs++) times.add(1, 0.4, 0);
    expect([times.exceeds(0.39, 1, 0), times.exceeds(0.41, 1, 0)]).toEqual([true, false]);
  });

  test('is forgotten after a minute without a run, so that a slow model is tried again', () => {
    const times = known(1, 5);
    expect([times.exceeds(1, 1, 60_000), times.exceeds(1, 1, 60_001)]).toEqual([true, undefined]);
    for (let runs = 0; runs < 8; runs++) times.add(1, 0.1, 60_001);
    expect(times.exceeds(1, 1, 60_001)).toBe(false);
  });
});
