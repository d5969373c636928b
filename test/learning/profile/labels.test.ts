import { describe, expect, test } from '@jest/globals';
import { profileCsv } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { chunked } from '../chunks.ts';

const cells = (values: readonly string[]) => ['x,tags', ...values.map((value, i) => `${i},${value}`)].join('\n');
const profiled = (text: string, options: object = {}) => profileCsv(chunked(text), { task: 'auto', ...options });

const TAGS = cells(['red|round', 'red', 'round | blue', 'blue|red', 'round', 'blue', 'red|red', '', 'blue|round']);

describe('a target whose cells have several labels', () => {
  test('is recognised, counted by label, and said with what decides otherwise', async () => {
    const profile = await profiled(TAGS);
    expect(profile).toMatchObject({ task: 'multilabel', rows: 9, rows_without_target: 1 });
    expect(profile.classes).toEqual([
      { value: 'blue', count: 4 },
      { value: 'red', count: 4 },
      { value: 'round', count: 4 },
    ]);
    expect(profile.warnings).toContainEqual(
      expect.objectContaining({
        code: 'labels_separated',
        column: 'tags',
        first_value: expect.stringContaining('|'),
        overrule: { dataset_type: 'classification' },
      }),
    );
  });

  test('is one class a cell where its owner says so', async () => {
    expect(await profiled(TAGS, { task: 'classification' })).toMatchObject({ task: 'classification' });
  });

  test('is divided by the separator that its owner names', async () => {
    const text = cells(['"a, b"', 'a', '"b,c"', 'c']);
    expect(await profiled(text)).toMatchObject({ task: 'classification' });
    const parsing = { columns: { tags: { separator: ',' } } };
    const profile = await profiled(text, { parsing });
    expect(profile).toMatchObject({ task: 'multilabel' });
    expect(profile.classes!.map(({ value }) => value).sort()).toEqual(['a', 'b', 'c']);
    expect(profile.warnings!.map(({ code }) => code)).not.toContain('labels_separated');
  });

  test('is no such target where the parts are as many as the cells: a name may have a bar', async () => {
    expect(await profiled(cells(['a|b', 'c|d', 'a|b', 'c|d', 'a|b']))).toMatchObject({ task: 'classification' });
  });

  test('is read as 0 and 1 for each label, without the rows that have none', async () => {
    const profile = await profiled(TAGS);
    const { target, count } = await loadRows(chunked(TAGS), profile);
    expect([count, target]).toMatchObject([8, { task: 'multilabel', classes: ['blue', 'red', 'round'] }]);
    expect([...target.values.slice(0, 9)]).toEqual([0, 1, 1, 0, 1, 0, 1, 0, 1]);
  });

  test('is refused with a single label', async () => {
    await expect(profiled(cells(['a', 'a']), { task: 'multilabel' })).rejects.toMatchObject({
      details: [{ field: 'target', message: expect.stringContaining('must have between 2 and 200 labels') }],
    });
  });
});
