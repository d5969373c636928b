import { describe, expect, test } from '@jest/globals';
import { writeCells } from '#learning/battery/cells.ts';
import { generateCells } from '#learning/battery/generate.ts';
import { fitNetwork } from '#learning/fit/fit.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import { baseline } from '#zoo/baseline.ts';
import { deepHpm } from '#zoo/deephpm.ts';
import { DYNAMICS } from '#zoo/dynamics.ts';
import type { CommonHyperparameters, Family } from '#zoo/family.ts';
import { WEIGHTINGS } from '#zoo/physics-informed.ts';
import { chunked } from '../learning/chunks.ts';

const FILE = writeCells(generateCells({ seed: 1, numbers: [1, 2, 3], life: [40, 60] }));
const parsing = { columns: { cell: { role: 'group' }, remaining_life: { role: 'ignore' } } } as const;

async function fitted<H extends CommonHyperparameters>(family: Family<H>, h: object) {
  const profile = await profileCsv(chunked(FILE), { task: 'regression', target: 'capacity_loss', parsing });
  const hyperparameters = family.hyperparameters.parse({
    width: 16,
    batch_size: 64,
    epochs: 40,
    learning_rate: 0.01,
    ...h,
  });
  const { preparation, data } = await prepare(chunked(FILE), profile, { validationSplit: 0.34, seed: 1 });
  const fit = await fitNetwork({
    ...{ family: family as unknown as Family, hyperparameters, preparation, data },
    earlyStopping: { enabled: false, patience: 1, monitor: 'val_loss' },
    now: () => performance.now(),
    report: async () => true,
  });
  return fit!;
}

describe('battery prognostics', () => {
  test('baseline explains the loss of a cell that it has not seen', async () => {
    expect((await fitted(baseline, { dropout: 0 })).validation!.r2).toBeGreaterThan(0.8);
  });

  test.each(WEIGHTINGS.flatMap((weighting) => ['U,s,t', 'verhulst'].map((dynamics) => ({ weighting, dynamics }))))(
    // From so few rows its law of the derivative holds it back.
    'deephpm learns with %j',
    async (h) => {
      expect((await fitted(deepHpm, { dropout: 0, ...h })).validation!.r2).toBeGreaterThan(0.4);
    },
  );

  test.each(DYNAMICS)('deephpm takes a step with dropout and the dynamics %s', async (dynamics) => {
    const { parameters } = await fitted(deepHpm, { dynamics, epochs: 1 });
    expect(Object.values(parameters).every(({ data }) => Array.from(data as Float32Array).every(Number.isFinite))).toBe(
      true,
    );
  });

  test('deephpm refuses dynamics that are not in its list, and a time that is no feature', async () => {
    const { error } = deepHpm.hyperparameters.safeParse({ dynamics: 'U**2' });
    expect(error?.issues[0]?.message).toMatch(/^dynamics must be one of verhulst, t, s,t, .*; got "U\*\*2"$/);
    await expect(fitted(deepHpm, { time: 'hour' })).rejects.toThrow(
      "the time 'hour' must be a feature that is a number",
    );
  });
});
