import { describe, expect, test } from '@jest/globals';
import { quantizeModel } from '#engine/onnx/int8/quantize.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { forServing } from '#engine/onnx/serving/serve.ts';
import { withSignedProducts } from '#engine/onnx/serving/signed.ts';
import { openSession } from '#engine/run.ts';
import { expectTensor } from '#engine/tensor.ts';
import { initialParameters } from '#engine/training/network.ts';
import { exportEncoder } from '#learning/encoder/export.ts';
import { tokenTensors } from '#learning/encoder/feeds.ts';
import { CLASSES, expectNear, recordedEncoder } from '#test/zoo/encoders/recorded.ts';
import { encoderNetwork } from '#zoo/encoders/network.ts';

const LABELS = ['a', 'b', 'c'].slice(0, CLASSES);
const operators = (model: Uint8Array) => parseModel(model).graph.node.map(({ opType }) => opType);
const count = (model: Uint8Array, opType: string) => operators(model).filter((one) => one === opType).length;

function modelOf(name: string): Uint8Array {
  const encoder = recordedEncoder(name);
  const drawn = initialParameters(encoderNetwork(encoder, { layerDecay: 1, frozenLayers: 0 }, 0), 3);
  return exportEncoder(encoder, drawn, {
    ...{ format: 2, labels: LABELS, benign_label: 'a', thresholds: {} },
    tokens: { most: 8, overlap: 2, padding_id: encoder.paddingId, flops: 1 },
  });
}

/** Of texts of several lengths, so that there is padding. */
const TEXTS = [[5, 6, 7, 8, 9, 10, 11], [5], [12, 13, 14]];

async function probabilities(model: Uint8Array, texts = TEXTS): Promise<Float32Array> {
  await using session = await openSession(model);
  const found = await session.run(tokenTensors(texts, 0));
  return expectTensor('probabilities', found.probabilities, 'float32').data;
}

describe('a model that is served', () => {
  test.each([
    ['bert', 2],
    ['roberta', 2],
    ['distilbert', 2],
    ['deberta-v3', 0],
  ])('computes the attention of %s by one operator, and gives the same', async (name, layers) => {
    const model = modelOf(name);
    const served = await forServing(model);
    expect(count(served, 'MultiHeadAttention')).toBe(layers);
    expect(count(served, 'Softmax')).toBe(count(model, 'Softmax') - layers);
    for (const texts of [TEXTS, [TEXTS[0]!]]) {
      expectNear(name, await probabilities(served, texts), await probabilities(model, texts), 1e-6);
    }
    // The file itself has only operators that every runtime knows.
    expect(parseModel(model).opsetImport.map(({ domain = '' }) => domain)).not.toContain('com.microsoft');
  });

  test('has signed weights of 8 bits where the processor multiplies them exactly: the same integers', async () => {
    const model = quantizeModel(modelOf('bert'), { integerProducts: true }).bytes;
    const signed = await withSignedProducts(model);
    expect(await probabilities(signed)).toEqual(await probabilities(model));
    const types = (of: Uint8Array) => new Set(parseModel(of).graph.initializer.map(({ dataType }) => dataType));
    expect(types(model).has(2)).toBe(true);
    if (signed !== model) expect(types(signed).has(2)).toBe(false);
  });

  test('without attention or products of integers stays as it is', async () => {
    const model = modelOf('deberta-v3');
    expect(await forServing(model)).toBe(model);
  });
});
