import { describe, expect, test } from '@jest/globals';
import { toNumbers } from '#engine/tensor.ts';
import type { ServedFeature } from '#learning/serving/description.ts';
import type { Input } from '#learning/serving/input.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { faults } from '../chunks.ts';

const FEATURES: readonly ServedFeature[] = [
  { name: 'mass', type: 'number', input: 'mass' },
  { name: 'colour', type: 'category', input: 'colour' },
  { name: 'is it', type: 'boolean', input: 'is_it' },
  { name: 'when', type: 'timestamp', input: 'when' },
];

const messages = (...rows: Input[]) => faults(() => rowTensors(FEATURES, rows));

describe('rows of a request', () => {
  test('become a column for each feature, given in order or by name', () => {
    const { mass, colour, is_it, when } = rowTensors(FEATURES, [
      [1.5, ' red ', true, '2024-01-01'],
      { when: 1000, 'is it': 'No', mass: null, colour: 'NA' },
      [null, null, null, null],
    ]);
    expect(toNumbers(mass!)).toEqual([1.5, Number.NaN, Number.NaN]);
    expect(colour!.data).toEqual(['red', '', '']);
    expect(is_it!.data).toEqual(['true', 'false', '']);
    expect(toNumbers(when!)).toEqual([Date.UTC(2024, 0, 1), 1000, Number.NaN]);
    expect(mass!.shape).toEqual([3, 1]);
  });

  test('are refused with the place, what was expected and what came', async () => {
    expect(await messages([1, 'red', true])).toEqual([
      'inputs[0]: must have 4 values (mass, colour, is it, when); got 3',
    ]);
    for (const rows of [1, 3]) {
      const several = Array.from({ length: rows }, () => [1, 2, 3, 4]) as never;
      expect(await messages(several)).toEqual([
        `inputs[0]: must be one row of 4 values (mass, colour, is it, when); got an array [${rows}, 4]`,
      ]);
    }
    expect(await messages([1, 'red', true, 1], ['heavy', 5, 'maybe', 'today'])).toEqual([
      'inputs[1][0]: must be a number for feature "mass", or null; got "heavy"',
      'inputs[1][2]: must be true or false for feature "is it", or null; got "maybe"',
      'inputs[1][3]: must be a time (ISO 8601, or epoch milliseconds) for feature "when", or null; got "today"',
    ]);
    expect(await messages({ mass: 1, color: 'red', 'is it': false, when: 5 })).toEqual([
      'inputs[0].color: must be one of the features mass, colour, is it, when',
      'inputs[0].colour: must be given, null if it is missing; got nothing',
    ]);
    expect(await messages({ mass: '1 kg', colour: 'red', 'is it': false, when: 5 })).toEqual([
      'inputs[0].mass: must be a number for feature "mass", or null; got "1 kg"',
    ]);
  });

  test('have numbers in the units of the column, or without one', async () => {
    const mass: ServedFeature = { ...FEATURES[0]!, format: { decimal: '.', units: ['kg'] } };
    const read = (value: string) => toNumbers(rowTensors([mass], [[value]]).mass!);
    expect([read('5 kg'), read('5')]).toEqual([[5], [5]]);
    const share = { name: 'share', type: 'number', input: 'share', format: { decimal: '.' } } as const;
    expect(await faults(() => rowTensors([share], [['20%']]))).toEqual([
      'inputs[0][0]: must be a number for feature "share", or null; got "20%"',
    ]);
    expect(await faults(() => rowTensors([mass], [['800 g']]))).toEqual([
      'inputs[0][0]: must be a number (in kg) for feature "mass", or null; got "800 g"',
    ]);
  });

  test('name twenty features at most: a table may have two thousand', async () => {
    const wide = Array.from({ length: 2000 }, (_, i) => ({ name: `c${i}`, type: 'number', input: `c${i}` }) as const);
    const [message] = await faults(async () => rowTensors(wide, [[1]]));
    expect(message).toMatch(/must have 2000 values \(c0, .*, c19 and 1980 more\); got 1$/);
  });

  test('name twenty faults at most', async () => {
    expect(await messages(...Array.from({ length: 30 }, () => [1]))).toHaveLength(20);
  });

  test.each([
    ['too short', []],
    ['without features', {}],
    ['with unknown features', { size: 1 }],
    ['with wrong values', ['heavy', 'red', true, 1]],
  ])('%s are not looked at once twenty faults are found', async (_, row) => {
    const looked = new Set<number>();
    const rows = Array.from({ length: 10_000 }, (__, i) => {
      const look = (): void => void looked.add(i);
      return new Proxy<Exclude<Input, string>>(row, {
        get: (target, key) => {
          if (key === '0') look();
          return Reflect.get(target, key);
        },
        ownKeys: (target) => {
          look();
          return Reflect.ownKeys(target);
        },
      });
    });
    expect(await messages(...rows)).toHaveLength(20);
    expect(looked.size).toBeLessThanOrEqual(20);
  });

  test('are no texts, and have no arrays within them', async () => {
    expect(await messages([1, 'red', true, 5], 'red', [[1, 2], 'red', { a: 1 }, null] as Input)).toEqual([
      'inputs[1]: must be an array or an object; got "red"',
      'inputs[2][0]: must be a number for feature "mass", or null; got [1,2]',
      'inputs[2][2]: must be true or false for feature "is it", or null; got {"a":1}',
    ]);
  });

  test('have a message of two thousand long names that is still short', async () => {
    const wide = Array.from({ length: 2000 }, (_, i) => `${i}${'x'.repeat(250)}`);
    const features = wide.map((name) => ({ name, type: 'number', input: name }) as const);
    const [message] = await faults(async () => rowTensors(features, [[1]]));
    expect(message!.length).toBeLessThan(1000);
    expect(message).toMatch(/and 1980 more\); got 1$/);
  });
});
