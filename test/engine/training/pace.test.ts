import { describe, expect, test } from '@jest/globals';
import { Pace } from '#engine/training/pace.ts';

describe('the pace', () => {
  test('comes to what fits into the time, by steps of eight', () => {
    const pace = new Pace(200, 2);
    pace.took(2, 1);
    expect(pace.size).toBe(16);
    pace.took(16, 80);
    expect(pace.size).toBe(40);
    pace.took(40, 8000);
    expect(pace.size).toBe(1);
  });

  test('keeps below its bound', () => {
    const pace = new Pace(200, 100, 10);
    expect(pace.size).toBe(10);
    pace.took(10, 1);
    expect(pace.size).toBe(10);
  });
});
