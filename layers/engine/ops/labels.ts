import type { Builder, Node, Value } from '../graph.ts';
import { type Attribute, ML_DOMAIN, type OnnxWriter } from '../onnx/write.ts';
import { type Op, zeroGradient } from '../op.ts';
import { ShapeError } from '../type.ts';

function writeLabelEncoder(w: OnnxWriter, n: Node, attributes: Readonly<Record<string, Attribute>>): void {
  const [input, output] = [w.name(n.inputs[0]!), w.name(n.outputs[0]!)];
  w.node('LabelEncoder', [input], [output], { attributes, domain: ML_DOMAIN, place: n.place });
}

const labelsOp: Op<{ readonly keys: readonly string[]; readonly unknown: number }> = {
  name: 'IndexOfLabel',
  infer: ([x]) => {
    if (x!.dtype !== 'string') throw new ShapeError(`wants strings; got ${x!.dtype}`);
    return [{ dtype: 'int64', shape: x!.shape }];
  },
  vjp: zeroGradient,
  emit: (w, n) =>
    writeLabelEncoder(w, n, {
      keys_strings: { strings: n.attrs.keys },
      values_int64s: { ints: n.attrs.keys.map((_, i) => i) },
      default_int64: { int: n.attrs.unknown },
    }),
};

/** The position of each string among the keys, int64; -1 (or `unknown`) for others. */
export const indexOfLabel = Object.assign(
  (b: Builder, x: Value, keys: readonly string[], unknown = -1): Value => b.apply1(labelsOp, [x], { keys, unknown }),
  { op: labelsOp },
);

const labelAtOp: Op<{ readonly labels: readonly string[] }> = {
  name: 'LabelAt',
  infer: ([x]) => {
    if (x!.dtype !== 'int64') throw new ShapeError(`wants int64; got ${x!.dtype}`);
    return [{ dtype: 'string', shape: x!.shape }];
  },
  vjp: zeroGradient,
  emit: (w, n) =>
    writeLabelEncoder(w, n, {
      keys_int64s: { ints: n.attrs.labels.map((_, i) => i) },
      values_strings: { strings: n.attrs.labels },
      default_string: { string: '' },
    }),
};

/** The string at each position, '' for positions outside. */
export const labelAt = Object.assign(
  (b: Builder, x: Value, labels: readonly string[]): Value => b.apply1(labelAtOp, [x], { labels }),
  { op: labelAtOp },
);
