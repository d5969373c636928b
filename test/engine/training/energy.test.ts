import { describe, expect, test } from '@jest/globals';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { withEnergyPenalty } from '#engine/training/energy.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

const loss = withEnergyPenalty(softmaxCrossEntropy, { target: 1, weight: 0.5, margin: 1 });
const targets = tensorFrom('int64', [4], [1, 1, 0, 1]);

describe('the energy penalty', () => {
  test('is added for rows of its class whose logits say more than the margin, whichever class they say it for', async () => {
    const logits = tensorFrom('float64', [4, 2], [0, 4, 4, 0, 0, 4, 9.5, 9]);
    const { plain, penalised } = await evaluate([logits, targets], (b, [x, y]) => ({
      plain: softmaxCrossEntropy.perRow(b, x!, y!),
      penalised: loss.perRow(b, x!, y!),
    }));
    const before = toNumbers(plain!);
    const added = toNumbers(penalised!).map((value, row) => value - before[row]!);
    const excess = Math.log((Math.exp(2) + Math.exp(-2)) / 2) - 1;
    expect(added[0]).toBeCloseTo(0.5 * excess ** 2, 10);
    expect(added[1]).toBeCloseTo(0.5 * excess ** 2, 10);
    // Of another class, and within the margin.
    expect(added.slice(2)).toEqual([0, 0]);
  });

  test('has a gradient', async () => {
    const logits = random(1, [4, 3]);
    await checkGradients([logits, targets], (b, [x, y]) =>
      withEnergyPenalty(softmaxCrossEntropy, { target: 1, weight: 2, margin: -1 }).perRow(b, x!, y!),
    );
  });
});
