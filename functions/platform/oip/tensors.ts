/** What a model gives, as tensors of the protocol: in JSON or as bytes. */
import type { Prediction } from '#learning/predictor.ts';
import type { Serving } from '#learning/serving/description.ts';
import type { TensorFacts } from '#learning/serving/tensor-inputs.ts';
import { bytesOfTexts } from './datatypes.ts';

type Value = string | number | boolean;

export interface OutputTensor extends TensorFacts {
  readonly data: readonly Value[];
  readonly bytes: () => Uint8Array;
}

interface Output extends TensorFacts {
  readonly dataOf: (predictions: readonly Prediction[]) => readonly Value[];
}

/** As the ONNX file has them. */
export function outputsOf({ task, classes }: Serving): Output[] {
  if (task === 'regression') {
    const dataOf = (predictions: readonly Prediction[]) => predictions.map((one) => ('value' in one ? one.value : 0));
    return [{ name: 'value', datatype: 'FP64', shape: [-1], dataOf }];
  }
  const probabilities: Output = {
    name: 'probabilities',
    datatype: 'FP32',
    shape: [-1, classes.length],
    dataOf: (predictions) =>
      predictions.flatMap((one) => classes.map((name) => ('value' in one ? 0 : one.probabilities![name]!))),
  };
  if (task === 'multilabel') {
    const has = (one: Prediction, name: string) => 'labels' in one && one.labels.some(({ label }) => label === name);
    const dataOf = (predictions: readonly Prediction[]) =>
      predictions.flatMap((one) => classes.map((name) => has(one, name)));
    return [{ name: 'labels', datatype: 'BOOL', shape: [-1, classes.length], dataOf }, probabilities];
  }
  return [
    {
      name: 'label',
      datatype: 'BYTES',
      shape: [-1],
      dataOf: (predictions) => predictions.map((one) => ('class' in one ? one.class : '')),
    },
    probabilities,
  ];
}

export function filled({ dataOf, ...facts }: Output, predictions: readonly Prediction[]): OutputTensor {
  const data = dataOf(predictions);
  const shape = facts.shape.map((size) => (size < 0 ? predictions.length : size));
  return { ...facts, shape, data, bytes: () => bytesOf(facts.datatype, data) };
}

function bytesOf(datatype: TensorFacts['datatype'], data: readonly Value[]): Uint8Array {
  if (datatype === 'BYTES') return bytesOfTexts(data.map(String));
  if (datatype === 'BOOL') return Uint8Array.from(data, Number);
  const wide = datatype === 'FP64';
  const view = new DataView(new ArrayBuffer(data.length * (wide ? 8 : 4)));
  for (const [i, value] of data.entries()) {
    if (wide) view.setFloat64(i * 8, Number(value), true);
    else view.setFloat32(i * 4, Number(value), true);
  }
  return new Uint8Array(view.buffer);
}
