import { describe, expect, test } from '@jest/globals';
import { isCorrect, truthOf } from '#functions/platform/monitoring/truth.ts';

const classification = (...classes: string[]) => ({ task: 'classification' as const, classes });
const saying = (message: string) =>
  expect.objectContaining({ details: [{ field: 'truth', message: expect.stringContaining(message) }] });

describe('the truth of a prediction', () => {
  test.each([
    [['0', '1'], 1, '1'],
    [['0', '1'], ' 1.0', '1'],
    [['false', 'true'], 'Yes', 'true'],
    [['no', 'yes'], 'yes', 'yes'],
    [['No', 'Yes'], 'true', 'Yes'],
    [['nein', 'ja'], 'JA', 'ja'],
    [['1.0', '2.0'], 1, '1.0'],
    [['01', '1'], '1.0', '1'],
    [['a', ' a'], ' a', ' a'],
  ])('is one of the classes %j, however it is written: %j', (classes, given, truth) => {
    expect(truthOf(classification(...classes), given)).toBe(truth);
  });

  test('that could be two of the classes is none of them', () => {
    expect(() => truthOf(classification('n', 'no', 'yes'), 'false')).toThrow(saying('got "false"'));
  });

  test('of too many classes to name all says how many more there are', () => {
    const many = classification(...Array.from({ length: 25 }, (_, at) => `c${at}`));
    expect(() => truthOf(many, 'c25')).toThrow(saying('"c19" and 5 more; got "c25"'));
    expect(() => truthOf(many, ['c1'])).toThrow(saying('must be one class; got 1 in a list'));
  });

  test('of a regression is a number', () => {
    const regression = { task: 'regression' as const, classes: [] };
    expect(truthOf(regression, 3.5)).toBe(3.5);
    expect(() => truthOf(regression, '3.5')).toThrow(
      saying('must be a number, as the model predicts numbers; got "3.5"'),
    );
  });

  test('of several labels is compared with logs of earlier builds, too', () => {
    const output = { class: 'round|red', confidence: 0.9 };
    expect(isCorrect({ truth: ['red', 'round'], output })).toBe(true);
    expect(isCorrect({ truth: [], output: { class: '', confidence: 0 } })).toBe(true);
  });
});
