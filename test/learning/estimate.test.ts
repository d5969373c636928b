import { expect, test } from '@jest/globals';
import { estimateSeconds } from '#learning/estimate.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { table } from '#learning/table/kind.ts';
import { chunked } from './chunks.ts';
import { mlp } from './tables.ts';

test('an estimate grows with rows, epochs and widths, and is a few seconds for a small file', async () => {
  const profile = await profileCsv(chunked('a,b,y\n1,r,x\n2,g,z\n3,r,x\n'), { task: 'auto' });
  const estimate = (rows: number, hyperparameters: object) =>
    estimateSeconds({
      family: mlp,
      kind: table,
      hyperparameters: mlp.hyperparameters.parse(hyperparameters),
      profile: { ...profile, rows },
      ...{ validationSplit: 0.2, testSplit: 0 },
    });
  expect(estimate(300, {})).toBeLessThan(10);
  expect(estimate(3, { epochs: 1 })).toBeGreaterThanOrEqual(1);
  expect(estimate(1e6, {})).toBeGreaterThan(estimate(1e5, {}));
  expect(estimate(1e5, { epochs: 100 })).toBeGreaterThan(estimate(1e5, { epochs: 50 }));
  expect(estimate(1e5, { hidden_layers: [4096, 4096] })).toBeGreaterThan(estimate(1e5, {}));
});
