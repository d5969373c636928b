import { describe, expect, test } from '@jest/globals';
import { parseModel } from '#engine/onnx/proto.ts';
import { uniformStream } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { toNumbers } from '#engine/tensor.ts';
import { fitNetwork } from '#learning/fit/fit.ts';
import { shapeOf } from '#learning/fit/task.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { exportModel } from '#learning/serving/export.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { prepare } from '#learning/table/prepare.ts';
import { families } from '#zoo/registry.ts';
import { chunked } from '../learning/chunks.ts';

const mlp = families.mlp!;
const SHOPS = 80;

/** A shop's name says nothing, but what it sells follows from the shop alone. */
function shops(rows: number): string {
  const uniform = uniformStream(1, 'shops');
  const lines = Array.from({ length: rows }, () => {
    const shop = Math.floor(uniform() * SHOPS);
    return `s${shop},${uniform().toFixed(3)},${(shop * 7) % 3 === 0 ? 'tea' : 'coffee'}`;
  });
  return ['shop,noise,sells', ...lines].join('\n');
}

async function prepared(text: string, hyperparameters: object) {
  const profile = await profileCsv(chunked(text), { task: 'auto' });
  const h = mlp.hyperparameters.parse(hyperparameters);
  const wanted = mlp.wanted!(h);
  const made = await prepare(chunked(text), profile, { validationSplit: 0.2, seed: 0, wanted });
  return { ...made, hyperparameters: h };
}

describe('a category with many values', () => {
  test('is one number of the input, and one with few is one-hot', async () => {
    const many = await prepared(shops(800), {});
    expect(shapeOf(many.preparation)).toMatchObject({ input: [2], codes: [SHOPS + 1] });
    const few = await prepared(shops(800), { embed_above: SHOPS });
    expect(shapeOf(few.preparation)).toMatchObject({ input: [1 + SHOPS] });
    expect(shapeOf(few.preparation)).not.toHaveProperty('codes');
  });

  test('is learned by a vector for each value, and a value that was never seen has one too', async () => {
    const { preparation, data, hyperparameters } = await prepared(shops(2000), { epochs: 20, learning_rate: 0.01 });
    const fit = await fitNetwork({
      ...{ family: mlp, hyperparameters, preparation, data },
      earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
      now: () => 0,
      report: async () => true,
    });
    expect(fit!.validation!.accuracy).toBeGreaterThan(0.95);
    const table = fit!.parameters['embeddings.0.weight']!;
    expect(table.shape).toEqual([SHOPS + 1, 19]);

    const network = mlp.network(shapeOf(preparation), hyperparameters);
    const bytes = exportModel(preparation, network, fit!.parameters, { producer: 'test' });
    const { node, initializer } = parseModel(bytes).graph;
    const { name } = initializer.find(({ dims }) => dims.map(Number).join() === `${SHOPS + 1},19`)!;
    expect(node.filter(({ input }) => input.includes(name!)).map(({ opType }) => opType)).toEqual(['Gather']);
    await using session = await openSession(bytes);
    const { features } = preparation.encoding.served;
    const { probabilities } = await session.run(
      rowTensors(features, [
        ['s0', 0.5],
        ['s1', 0.5],
        ['a new shop', 0.5],
      ]),
    );
    const [, s0, , s1, , unseen] = toNumbers(probabilities!);
    expect(s0).toBeGreaterThan(0.9);
    expect(s1).toBeLessThan(0.1);
    // About as many shops sell tea as do.
    expect(unseen).toBeGreaterThan(0.1);
    expect(unseen).toBeLessThan(0.6);
  });

  test('has its vectors in PyTorch under the names of an nn.Embedding', async () => {
    const { preparation, hyperparameters } = await prepared(shops(800), {});
    const module = mlp.torchModule!(shapeOf(preparation), hyperparameters);
    expect(module.source).toContain(`self.embeddings = nn.ModuleList([nn.Embedding(${SHOPS + 1}, 19)])`);
    expect(module.source).toContain('codes = x[:, 1:].long()');
  });
});
