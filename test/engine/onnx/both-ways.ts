import { expect } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { readModel } from '#engine/onnx/read.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, toNumbers, typeOf } from '#engine/tensor.ts';

const options = { threads: 1 } as const;

/** The outputs of the bytes by themselves, and of what was read from them, written again. */
export async function bothWays(bytes: Uint8Array, inputs: Readonly<Record<string, Tensor>>) {
  const model = readModel(bytes);
  const b = new Builder();
  const values = Object.fromEntries(
    Object.keys(model.inputs).map((name) => [name, b.input(name, inputs[name]!.dtype, inputs[name]!.shape)]),
  );
  const weights = Object.fromEntries(Object.entries(model.parameters).map(([name, t]) => [name, b.constant(t)]));
  const outputs = model.build(b, values, weights);
  await using original = await openSession(bytes, options);
  await using again = await openSession(
    writeModel(new Graph('again', Object.values(values), outputs), { producer: 'test' }),
    options,
  );
  const [wanted, got] = [await original.run(inputs), await again.run(inputs)];
  for (const [name, value] of Object.entries(outputs)) expect(value.type).toEqual(typeOf(got[name]!));
  return { wanted, got };
}

/** Fails unless what was read from the bytes computes what they compute by themselves. */
export async function expectSame(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
  digits = 5,
): Promise<void> {
  const { wanted, got } = await bothWays(bytes, feeds);
  for (const [name, value] of Object.entries(wanted)) {
    expect(got[name]!.shape).toEqual(value.shape);
    for (const [i, x] of toNumbers(value).entries()) expect(toNumbers(got[name]!)[i]).toBeCloseTo(x, digits);
  }
}
