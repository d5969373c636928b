import { describe, expect, test } from '@jest/globals';
import { profileCsv } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { chunked } from '../chunks.ts';

const TABLE = 'x,red,round,big\n1,1,yes,0\n2,0,no,0\n3,1,yes,\n4,1,no,1\n';
const labels = (...names: string[]) => ({
  columns: Object.fromEntries(names.map((name) => [name, { role: 'label' as const }])),
});
const profiled = (text: string, options: object = {}) => profileCsv(chunked(text), { task: 'auto', ...options });

describe('a target of several columns', () => {
  test('has the columns as its labels, counted by the rows that have them', async () => {
    const profile = await profiled(TABLE, { parsing: labels('red', 'round', 'big') });
    expect(profile).toMatchObject({
      task: 'multilabel',
      target: 'red, round, big',
      features: ['x'],
      rows_without_target: 0,
    });
    expect(profile.classes).toEqual([
      { value: 'red', count: 3 },
      { value: 'round', count: 2 },
      { value: 'big', count: 1 },
    ]);
    expect(profile.warnings).toEqual([
      expect.objectContaining({ code: 'labels_empty', column: 'big', first_row: 3, rows: 1 }),
    ]);
  });

  test('is read as 0 and 1 for each, in the order of the file', async () => {
    const profile = await profiled(TABLE, { parsing: labels('big', 'red', 'round') });
    const { target, count, leftOut } = await loadRows(chunked(TABLE), profile);
    expect([count, leftOut, target]).toMatchObject([4, [], { task: 'multilabel', classes: ['red', 'round', 'big'] }]);
    expect([...target.values]).toEqual([1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 1]);
  });

  test.each([
    [
      'a single one',
      labels('red'),
      {},
      'columns',
      'must have between 2 and 200 columns with the role label; got 1: "red"',
    ],
    [
      'a target besides',
      labels('red', 'round'),
      { target: 'big' },
      'target',
      'must be left out where columns have the role label (red, round); got "big"',
    ],
    [
      'another task',
      labels('red', 'round'),
      { task: 'regression' },
      'dataset_type',
      'must be multilabel or auto where columns have the role label; got regression',
    ],
    [
      'other numbers',
      labels('red', 'x'),
      {},
      'columns.x.role',
      'must be label for a column of 0 and 1, or of truth words such as yes and no; column "x" has numbers from 1 to 4',
    ],
  ])('is refused with %s', async (_, parsing, more, field, message) => {
    await expect(profiled(TABLE, { parsing, ...more })).rejects.toMatchObject({ details: [{ field, message }] });
  });

  test('is refused where no row has any label', async () => {
    const nothing = profiled('x,a,b\n1,0,0\n2,0,0\n', { parsing: labels('a', 'b') });
    await expect(nothing).rejects.toMatchObject({
      details: [{ field: 'columns', message: 'must have rows with a label; got 2 rows in which a, b are all no' }],
    });
  });
});
