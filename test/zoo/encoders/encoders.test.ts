import { describe, expect, test } from '@jest/globals';
import { fromBytes } from '#domain/random-access.ts';
import { adamw } from '#engine/optim/adam.ts';
import { openSession } from '#engine/run.ts';
import { expectTensor, scalar, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import { constantParameters } from '#engine/training/network.ts';
import type { Objective } from '#engine/training/objective.ts';
import { initialState, parameterKey, parametersOf } from '#engine/training/state.ts';
import { compileGradients, compileInference, compileTrain } from '#engine/training/step.ts';
import { Training } from '#engine/training/training.ts';
import { type } from '#engine/type.ts';
import { readEncoder, storedWeights } from '#learning/encoder/checkpoint.ts';
import { openWeights } from '#learning/files/weights.ts';
import type { Encoder } from '#zoo/encoders/encoder.ts';
import { encoderNetwork, tokensOf } from '#zoo/encoders/network.ts';
import { expectNear, fileOf, idsOf, names, numbersOf, recordedEncoder } from './recorded.ts';

/** float32's rounding, and that of ten steps; the largest number is about 3. */
/** DeBERTa-v3 lies on the hub in half precision, in a pickle. */
const WEIGHTS: Readonly<Record<string, string>> = { 'deberta-v3': 'pytorch_model.bin' };

const TOLERANCE = { outputs: 1e-5, gradient: 2e-5, after: 2e-5 };

const weightsOf = async (
  name: string,
  encoder: Encoder,
  file = WEIGHTS[name] ?? 'model.safetensors',
): Promise<Tensors> => (await readEncoder(encoder, await openWeights(fromBytes(fileOf(name, file))))).parameters;

const floats = (t: Tensor | undefined): Float32Array => expectTensor('numbers', t, 'float32').data;

const WITHOUT_TUNING = { layerDecay: 1, frozenLayers: 0 };

describe.each(names)('%s computes what transformers computes', (name) => {
  const encoder = recordedEncoder(name);
  const numbers = numbersOf(name);
  const ids = idsOf(numbers);
  const [rows, tokens] = ids.shape as [number, number];
  const y = tensor('int32', [rows], Int32Array.from(expectTensor('labels', numbers.labels, 'int64').data, Number));
  const network = encoderNetwork(encoder, WITHOUT_TUNING, encoder.paddingId);
  const objective: Objective = {
    data: { ids: type('int32', [rows, tokens]), y: type('int32', [rows]) },
    target: 'y',
    front: (_, data) => data.ids!,
    network,
    loss: softmaxCrossEntropy,
  };

  test.each([
    ['any length', ['texts', 'tokens']],
    ['a length that is known', [rows, tokens]],
  ])('its hidden states and logits, for %s', async (_, shape) => {
    const parameters = await weightsOf(name, encoder);
    const bytes = compileInference({
      inputs: { ids: type('int32', shape) },
      build: (b, { ids }) => {
        const p = constantParameters(b, parameters);
        const hidden = encoder.hidden(b, p, tokensOf(b, ids!, encoder.paddingId), { training: false });
        return { hidden, logits: encoder.logits(b, p, hidden, { training: false }) };
      },
      meta: { producer: 'test' },
    });
    await using session = await openSession(bytes, { threads: 1 });
    const { hidden, logits } = await session.run({ ids });
    expectNear('logits', floats(logits), floats(numbers.logits), TOLERANCE.outputs);
    // What is computed for padding matters to nobody.
    const real = (all: ArrayLike<number>) =>
      Array.from(all).filter((_, i) => ids.data[Math.floor(i / encoder.width)]! >= 0);
    expectNear('hidden', real(floats(hidden)), real(floats(numbers.hidden)), TOLERANCE.outputs);
  });

  test('every gradient', async () => {
    const parameters = await weightsOf(name, encoder);
    const entries = Object.entries(parameters).map(([key, value]) => [parameterKey(key), value]);
    await using session = await openSession(compileGradients(objective, 1).bytes, { threads: 1 });
    const feeds = { ...Object.fromEntries(entries), 'data/ids': ids, 'data/y': y, step: scalar('int64', 1) };
    const results = await session.run(feeds);
    expectNear('loss', floats(results.loss), [rows * floats(numbers.loss)[0]!], TOLERANCE.outputs);
    const gradients = encoder.parameters.map(({ name: key }) => [key, results[`gradient/${key}`]!] as const);
    const found = Object.fromEntries(storedWeights(encoder, Object.fromEntries(gradients)));
    for (const [key, value] of Object.entries(found)) {
      expectNear(
        key,
        floats(value),
        floats(numbers[`gradient/${key}`]).map((x) => x * rows),
        TOLERANCE.gradient,
      );
    }
  });

  test('the parameters after ten steps of AdamW', async () => {
    const optimizer = adamw({ learningRate: 0.003, epsilon: 1e-3, weightDecay: 0.1 });
    const spec = { ...objective, optimizer, batchSize: rows, seed: 1 };
    const state = initialState(spec, 1, await weightsOf(name, encoder));
    await using training = await Training.open(compileTrain(spec), { ids, y }, state, { threads: 1 });
    await training.run(Array.from({ length: 10 }, () => [0, 1, 2]));
    const before = Object.fromEntries(storedWeights(encoder, parametersOf(state)));
    const after = Object.fromEntries(storedWeights(encoder, parametersOf(training.state)));
    const used = new Set(ids.data);
    for (const [key, value] of Object.entries(after)) {
      const recorded = floats(numbers[`after/${key}`]);
      // PyTorch shrinks the vectors of tokens that no text has, by the weight decay alone; here they stay as they are.
      const stays = (i: number) => key === encoder.vocabularyName && !used.has(Math.floor(i / value.shape[1]!));
      const wanted = recorded.map((x, i) => (stays(i) ? floats(before[key])[i]! : x));
      expectNear(key, floats(value), wanted, TOLERANCE.after);
    }
  });
});

test.each(names.filter((name) => name !== 'deberta-v3'))('%s has the same weights in either file', async (name) => {
  const encoder = recordedEncoder(name);
  expect(await weightsOf(name, encoder, 'pytorch_model.bin')).toEqual(await weightsOf(name, encoder));
});
