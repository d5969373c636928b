import { expect, test } from '@jest/globals';
import { tableOf } from '../../bench/table.ts';

test('a table has a column for every key, texts to the left and three digits that matter', () => {
  const table = tableOf([
    { bench: 'a', ours: 1234.5, peer: null },
    { bench: 'longer', ours: 0.012345, ratio: 2 },
  ]);
  expect(table).toBe(
    ['bench     ours  peer  ratio', 'a         1230     –      –', 'longer  0.0123     –      2', ''].join('\n'),
  );
});
