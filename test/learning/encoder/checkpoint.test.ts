import { describe, expect, test } from '@jest/globals';
import { fromBytes } from '#domain/random-access.ts';
import { filled } from '#engine/tensor.ts';
import { readEncoder, type StoredWeight, storedWeights, WeightsMisfit } from '#learning/encoder/checkpoint.ts';
import { openWeights } from '#learning/files/weights.ts';
import { configOf, fileOf, recordedEncoder } from '#test/zoo/encoders/recorded.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';

const encoder = recordedEncoder('bert');
const stored = async () =>
  new Map<string, StoredWeight>(await openWeights(fromBytes(fileOf('bert', 'model.safetensors'))));
const zeros = (shape: number[]): StoredWeight => ({ shape, read: async () => filled('float32', shape, 0) });

describe('weights of an encoder', () => {
  test('are written as they were read', async () => {
    const all = await stored();
    const { parameters, missing } = await readEncoder(encoder, all);
    expect(missing).toEqual([]);
    for (const [name, value] of storedWeights(encoder, parameters)) expect(value).toEqual(await all.get(name)!.read());
  });

  test('are found without the prefix, and by the old names of norms', async () => {
    const all = await stored();
    const old = [...all].map(([name, weight]) => {
      const bare = name.replace(/^bert\./, '').replace('LayerNorm.weight', 'LayerNorm.gamma');
      return [bare.replace('LayerNorm.bias', 'LayerNorm.beta'), weight] as const;
    });
    expect((await readEncoder(encoder, new Map(old))).parameters).toEqual((await readEncoder(encoder, all)).parameters);
  });

  test('of a head for other classes, or without one, leave the head to be drawn', async () => {
    const all = await stored();
    all.delete('bert.pooler.dense.bias');
    const { missing, parameters } = await readEncoder(encoderOf(configOf('bert'), { classes: 5 }), all);
    expect(missing).toEqual(['bert.pooler.dense.bias', 'classifier.weight', 'classifier.bias']);
    expect(Object.keys(parameters)).not.toContain('classifier.weight');
  });

  test('that do not fit are refused by the first name and its shape', async () => {
    const all = await stored();
    all.set('bert.encoder.layer.1.intermediate.dense.weight', zeros([16, 24]));
    await expect(readEncoder(encoder, all)).rejects.toThrow(
      new WeightsMisfit(
        "'bert.encoder.layer.1.intermediate.dense.weight' of the weights must have the shape [24, 16]; got [16, 24]",
      ),
    );
    all.delete('bert.encoder.layer.0.output.dense.bias');
    await expect(readEncoder(encoder, all)).rejects.toThrow(
      "the weights lack 'bert.encoder.layer.0.output.dense.bias' [16]",
    );
  });
});
