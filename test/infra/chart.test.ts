import { describe, expect, test } from '@jest/globals';
import { chart } from '#infra/embedded/demo/chart.ts';

const rowsOf = (text: string): string[] => text.split('\n').filter((line) => line.includes('│'));

describe('the learning curve', () => {
  test('falls from the top left to the bottom right, with its ends on the axis', () => {
    const rows = rowsOf(chart([{ mark: '*', name: 'loss', values: [4, 3, 2, 1] }]));
    expect(rows[0]).toMatch(/4\.000 │\*/);
    expect(rows.at(-1)).toMatch(/1\.000 │ .*\*$/);
  });

  test('survives a single epoch', () => {
    const rows = rowsOf(chart([{ mark: '*', name: 'loss', values: [0.5] }]));
    expect(rows.at(-1)).toContain('*');
  });
});
