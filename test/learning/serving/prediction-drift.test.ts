import { describe, expect, test } from '@jest/globals';
import type { LoggedOutput } from '#domain/prediction-log/record.ts';
import { PredictionDrift } from '#learning/serving/prediction-drift.ts';

function found(before: readonly LoggedOutput[], now: readonly LoggedOutput[]) {
  const drift = new PredictionDrift();
  drift.addBefore(before);
  drift.add(now);
  return drift.outputs;
}

const classes = (counts: Readonly<Record<string, number>>, confidence = 0.9): LoggedOutput[] =>
  Object.entries(counts).flatMap(([name, count]) => new Array(count).fill({ class: name, confidence }));
const values = (...of: number[]): LoggedOutput[] => of.map((value) => ({ value }));

describe('the drift of what a model answers', () => {
  test('is 0 where it answers as before', () => {
    const outputs = classes({ cat: 100, dog: 200 });
    expect(found(outputs, outputs.slice(50, 200))).toMatchObject([
      { name: 'class', status: 'stable', values: 150, reference_values: 300 },
      { name: 'confidence', status: 'stable', psi: expect.closeTo(0, 10) },
    ]);
  });

  test('is the stability index of its classes, with those that are new as one bin', () => {
    const [drift] = found(classes({ cat: 100, dog: 100 }), classes({ cat: 50, dog: 100, cow: 50 }));
    const other = (0.25 - 1e-4) * Math.log(0.25 / 1e-4);
    expect(drift!.psi).toBeCloseTo((0.25 - 0.5) * Math.log(0.25 / 0.5) + other, 10);
    expect(drift).toMatchObject({ status: 'significant', bins: [{ bin: 'cat' }, { bin: 'dog' }, { bin: 'other' }] });
  });

  test('is that of how sure it is, which may change while its classes do not', () => {
    const before = Array.from({ length: 200 }, (_, i): LoggedOutput => ({ class: 'cat', confidence: 0.5 + i / 400 }));
    const [same, less] = found(before, classes({ cat: 200 }, 0.51));
    expect([same!.status, less!.status]).toEqual(['stable', 'significant']);
    expect(less!.bins.reduce((sum, { expected }) => sum + expected, 0)).toBeCloseTo(1, 10);
  });

  test('is that of its values, in bins that had as many each', () => {
    const before = values(...Array.from({ length: 1000 }, (_, i) => i));
    const [drift] = found(before, values(...Array.from({ length: 500 }, (_, i) => 2 * i)));
    expect(drift).toMatchObject({ name: 'value', status: 'stable' });
    expect(drift!.bins.map(({ expected }) => expected)).toEqual(new Array(10).fill(expect.closeTo(0.1, 10)));
    expect(drift!.bins.map(({ bin }) => bin).slice(0, 2)).toEqual(['< 100', '100 to 200']);
    expect(found(before, values(...new Array(100).fill(-5)))).toMatchObject([{ status: 'significant' }]);
  });

  test('is not known without predictions before, and says little of few', () => {
    expect(found([], classes({ cat: 200 }))).toMatchObject([
      { status: 'no_reference', psi: null, bins: [] },
      { name: 'confidence', status: 'no_reference' },
    ]);
    expect(found(classes({ cat: 99 }), classes({ dog: 200 }))[0]!.status).toBe('too_few_values');
    expect(found(classes({ cat: 200 }), classes({ dog: 99 }))[0]!.status).toBe('too_few_values');
    expect(found(classes({ cat: 200 }), [])).toEqual([]);
  });
});
