import type { Value } from '../graph.ts';
import * as ops from '../ops/index.ts';
import { spatial, spatialDim } from '../ops/spatial.ts';
import { staticDim } from '../ops/window.ts';
import { sameShape } from '../type.ts';
import type { NodeContext, Rules } from './rule.ts';

/** Strides, dilations and pads, those that `auto_pad` and, for pools, `ceil_mode` ask for included. */
function spatialOptions(c: NodeContext, kernel: readonly number[], ceil = false) {
  const { attributes } = c;
  const ones = kernel.map(() => 1);
  const strides = attributes.ints('strides') ?? ones;
  const dilations = attributes.ints('dilations') ?? ones;
  const pads = attributes.ints('pads') ?? kernel.flatMap(() => [0, 0]);
  const auto = c.word('auto_pad', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  if (auto !== 'NOTSET' && pads.some((pad) => pad !== 0))
    throw c.error(`wants pads or auto_pad; got [${pads}] and ${auto}`);
  const size = (i: number) => spatialDim(c.input(0).type.shape, i);
  const extent = (i: number) => (kernel[i]! - 1) * dilations[i]! + 1;
  let [before, after] = [pads.slice(0, kernel.length), pads.slice(kernel.length)];
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const total = kernel.map((_, i) =>
      Math.max(0, (Math.ceil(size(i) / strides[i]!) - 1) * strides[i]! + extent(i) - size(i)),
    );
    const less = total.map((n) => Math.floor(n / 2));
    const more = total.map((n, i) => n - less[i]!);
    [before, after] = auto === 'SAME_UPPER' ? [less, more] : [more, less];
  } else if (auto === 'VALID') [before, after] = [kernel.map(() => 0), kernel.map(() => 0)];
  if (ceil)
    after = after.map((end, i) => {
      const free = size(i) + before[i]! + end - extent(i);
      const last = Math.ceil(free / strides[i]!) * strides[i]!;
      // A window that would start in the padding at the end is not one.
      return last >= size(i) + before[i]! ? end : end + (last - free);
    });
  return { strides, dilations, pads: before, padsAfter: after };
}

/** @throws OnnxError if the node says another than its weights have */
function kernelOf(c: NodeContext, w: Value): readonly number[] {
  const kernel = w.type.shape.slice(2).map(Number);
  const said = c.attributes.ints('kernel_shape') ?? kernel;
  if (!sameShape(said, kernel)) throw c.error(`wants kernel_shape of [${kernel}], its weights'; got [${said}]`);
  return kernel;
}

function conv(c: NodeContext): Value {
  const options = { ...spatialOptions(c, kernelOf(c, c.input(1))), groups: c.attributes.int('group', 1) };
  return ops.conv(c.b, c.input(0), c.input(1), c.optional(2), options);
}

function convTranspose(c: NodeContext): Value {
  const kernel = kernelOf(c, c.input(1));
  if (c.attributes.has('output_shape') || c.attributes.string('auto_pad', 'NOTSET') !== 'NOTSET')
    throw c.error('wants its pads spelled out, not output_shape or auto_pad');
  const options = {
    ...spatialOptions(c, kernel),
    groups: c.attributes.int('group', 1),
    outputPads: c.attributes.ints('output_padding') ?? kernel.map(() => 0),
  };
  const y = ops.convTranspose(c.b, c.input(0), c.input(1), options);
  const bias = c.optional(2);
  return bias
    ? ops.add(
        c.b,
        y,
        ops.unsqueeze(
          c.b,
          bias,
          kernel.map((_, i) => i + 1),
        ),
      )
    : y;
}

function maxPool(c: NodeContext): Value {
  const kernel = c.attributes.ints('kernel_shape') ?? [];
  if (c.outputs > 1) throw c.error('wants one output: positions are not read');
  return ops.maxPool(c.b, c.input(0), kernel, spatialOptions(c, kernel, c.flag('ceil_mode')));
}

function averagePool(c: NodeContext): Value {
  const kernel = c.attributes.ints('kernel_shape') ?? [];
  const [includePads, ceil] = [c.flag('count_include_pad'), c.flag('ceil_mode')];
  const options = spatialOptions(c, kernel, ceil);
  if (includePads && ceil) throw c.error('wants ceil_mode without count_include_pad');
  // Only to have the numbers checked before the operation is made.
  spatial(kernel, options);
  return ops.averagePool(c.b, c.input(0), kernel, { ...options, includePads });
}

/** With the statistics of the file, which stay as they are: as inference has it, in fine-tuning too. */
function batchNorm(c: NodeContext): Value {
  c.expectInt('training_mode', 0);
  const [x, gain, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => c.input(i)) as [Value, Value, Value, Value, Value];
  return ops.batchNormInference(
    c.b,
    x,
    { gain, bias, mean, variance },
    { epsilon: c.attributes.float('epsilon', 1e-5) },
  );
}

function layerNorm(c: NodeContext): Value {
  c.expectInt('stash_type', 1);
  const options = { axis: c.attributes.int('axis', -1), epsilon: c.attributes.float('epsilon', 1e-5) };
  return ops.layerNorm(c.b, c.input(0), c.input(1), c.optional(2), options);
}

function groupNorm(c: NodeContext, groups: number): Value {
  const epsilon = c.attributes.float('epsilon', 1e-5);
  const channels = staticDim(c.input(0).type.shape, 1);
  // Until opset 21 gain and bias were one a group, not one a channel.
  const perChannel = (x: Value) =>
    x.type.shape[0] === channels
      ? x
      : ops.reshape(c.b, ops.expand(c.b, ops.unsqueeze(c.b, x, [1]), [groups, channels / groups]), [channels]);
  return ops.groupNorm(c.b, c.input(0), groups, perChannel(c.input(1)), perChannel(c.input(2)), { epsilon });
}

/** Y [steps, directions, batch, units], Y_h [directions, batch, units] and for an LSTM Y_c, from weights [directions, …]. */
function recurrent(c: NodeContext, gates: number): readonly Value[] {
  const { b, attributes } = c;
  const direction = c.word('direction', ['forward', 'reverse', 'bidirectional']);
  const units = attributes.int('hidden_size', 0);
  if (c.optional(4)) throw c.error('wants sequences of one length; sequence_lens is not read');
  if (gates === 4 && c.optional(7)) throw c.error('wants no peepholes');
  const gru = gates === 3 && c.flag('linear_before_reset') ? ops.gru : ops.gruResetFirst;
  c.expectInt('layout', 0);
  if (gates === 4) c.expectInt('input_forget', 0);
  if (attributes.has('clip')) throw c.error('wants no clip');
  const usual = gates === 4 ? ['Sigmoid', 'Tanh', 'Tanh'] : ['Sigmoid', 'Tanh'];
  const odd = attributes.strings('activations')?.find((name, i) => name !== usual[i % usual.length]);
  if (odd) throw c.error(`wants the activations ${usual.join(', ')}; got ${odd}`);
  const one = (value: Value, d: number) => ops.squeeze(b, ops.slice(b, value, 0, d, d + 1), [0]);
  const bias = c.optional(3);
  const zeros = () => ops.mul(b, ops.slice(b, one(c.input(1), 0), 1, 0, 1), 0);
  const oneWay = (d: number, reverse: boolean): ops.Direction => {
    const both = bias && one(bias, d);
    const none = both ? undefined : ops.reshape(b, zeros(), [gates * units]);
    const weights = {
      input: ops.transpose(b, one(c.input(1), d)),
      hidden: ops.transpose(b, one(c.input(2), d)),
      inputBias: both ? ops.slice(b, both, 0, 0, gates * units) : none!,
      ...(both ? { hiddenBias: ops.slice(b, both, 0, gates * units) } : {}),
    };
    const [hidden, cell] = [c.optional(5), gates === 4 ? c.optional(6) : undefined];
    return {
      weights,
      reverse,
      ...(hidden ? { hidden: one(hidden, d) } : {}),
      ...(cell ? { cell: one(cell, d) } : {}),
    };
  };
  const directions =
    direction === 'bidirectional' ? [oneWay(0, false), oneWay(1, true)] : [oneWay(0, direction === 'reverse')];
  const { sequence, ...last } = (gates === 4 ? ops.lstm : gru)(b, c.input(0), directions);
  const stacked = (beside: Value, axis: number) =>
    ops.concat(
      b,
      ops
        .split(
          b,
          beside,
          -1,
          directions.map(() => units),
        )
        .map((value) => ops.unsqueeze(b, value, [axis])),
      axis,
    );
  return [stacked(sequence, 1), ...Object.values(last).map((value) => stacked(value, 0))];
}

/** Layers: what has weights, or moves a window. */
export const layerRules: Rules = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (c) => ops.globalAveragePool(c.b, c.input(0)),
  GlobalMaxPool: (c) => ops.globalMaxPool(c.b, c.input(0)),
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  InstanceNormalization: (c) => groupNorm(c, Number(c.input(0).type.shape[1])),
  GroupNormalization: (c) => {
    c.expectInt('stash_type', 1);
    return groupNorm(c, c.attributes.int('num_groups', 1));
  },
  LSTM: (c) => recurrent(c, 4),
  GRU: (c) => recurrent(c, 3),
};
