import { describe, expect, test } from '@jest/globals';
import { topological } from '#engine/graph.ts';
import { expectKernels, PrecisionError } from '#engine/kernels/expect.ts';
import { type KernelGap, kernelGaps } from '#engine/kernels/gaps.ts';
import { kernelTable } from '#engine/kernels/table.ts';
import { type GraphProto, parseModel } from '#engine/onnx/proto.ts';
import { ML_DOMAIN, ML_OPSET, OPSET, writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import { emissions, emitted } from './emissions.ts';
import { objectives, variants } from './trainings.ts';

const small = Object.entries(objectives).filter(([name]) => name !== 'resnet-50');

function gapsOf(bytes: Uint8Array): KernelGap[] {
  return kernelGaps(parseModel(bytes), 'cuda');
}

/** What CUDA does not take, with the reason why that is left so. */
const LEFT: Readonly<Record<string, string>> = {
  'maxPool with dilations': 'cuDNN has none: a program with them is refused there',
};

describe('every operation and its gradient has CUDA kernels', () => {
  test.each(Object.keys(emissions))('%s', (name) => {
    const gaps = gapsOf(writeModel(emitted(emissions[name]!), { producer: 'test' }));
    if (name in LEFT) expect(gaps.map(({ reason }) => reason)).toEqual(['wants dilations of 1; got [2,2]']);
    else expect(gaps).toEqual([]);
  });

  test('and none is missing here', () => {
    const nodes = Object.values(emissions).flatMap((emission) => topological(emitted(emission).outputs));
    const covered = new Set(nodes.map(({ op }) => op.name));
    const all = Object.values(ops).flatMap((value) =>
      typeof value === 'function' && 'op' in value ? [value.op.name] : [],
    );
    // Strings do not get into a training graph: they are encoded before.
    expect(all.filter((name) => !covered.has(name))).toEqual(['IndexOfLabel', 'LabelAt']);
  });
});

describe('every training runs on CUDA as a whole', () => {
  test.each(small)('%s, by every optimizer', (_, { rows, ...objective }) => {
    for (const variant of Object.values(variants))
      expect(gapsOf(compileTrain({ ...objective, ...variant(rows) }).bytes)).toEqual([]);
  });

  test.each(Object.entries(objectives))('%s, in float16', (_, { rows, ...objective }) => {
    const program = compileTrain({ ...objective, ...variants.adamw!(rows), precision: 'float16' });
    expect(gapsOf(program.bytes)).toEqual([]);
    expect(() => expectKernels(program, 'cuda')).not.toThrow();
  });

  test.each(small)('%s, in float16, has the types that the runtime finds too', async (_, { rows, ...objective }) => {
    // It loads on a CPU as well, where the runtime puts casts around what has no kernel.
    const { bytes } = compileTrain({ ...objective, ...variants.adamw!(rows), precision: 'float16' });
    await using session = await openSession(bytes, { threads: 1 });
    expect(session.outputNames).toContain('after/loss_scale');
  });

  test.each(small)('%s, in bfloat16, or it is refused: convolutions have no kernel', (_, { rows, ...objective }) => {
    const program = compileTrain({ ...objective, ...variants.adamw!(rows), precision: 'bfloat16' });
    const operators = operatorsOf(parseModel(program.bytes).graph);
    const convolves = operators.has('Conv');
    const gaps = gapsOf(program.bytes);
    expect(new Set(gaps.map(({ op }) => op))).toEqual(
      new Set(['Conv', 'ConvTranspose'].filter((op) => operators.has(op))),
    );
    if (convolves) expect(() => expectKernels(program, 'cuda')).toThrow(PrecisionError);
    else expect(() => expectKernels(program, 'cuda')).not.toThrow();
  });

  test.each(small)('%s is evaluated there', (_, { rows: __, ...objective }) => {
    expect(gapsOf(compileEvaluate(objective).bytes)).toEqual([]);
  });
});

/*
 *  Kernels read some inputs on the host: shapes, axes, positions to cut at. A constant lies there already; what a
 *  kernel of the device computed would be copied to the host in each step, which then waits for the device.
 */
const HOST_INPUTS: Readonly<Record<string, readonly number[]>> = {
  ...{ Reshape: [1], Expand: [1], Slice: [1, 2, 3, 4], Pad: [1, 2], Split: [1], Squeeze: [1], Unsqueeze: [1] },
  ...{ ReduceSum: [1], ReduceMean: [1], ReduceMax: [1], ReduceMin: [1], ReduceLogSumExp: [1] },
  ...{ TopK: [1], Trilu: [1], CumSum: [1], If: [0] },
};

test.each(small)('%s has no step that waits for a copy to the host', (_, { rows, ...objective }) => {
  for (const precision of ['float32', 'float16'] as const) {
    const { graph } = parseModel(compileTrain({ ...objective, ...variants.adamw!(rows), precision }).bytes);
    expect(hostReads(graph, new Set(), false)).toEqual([]);
  }
});

/** The nodes within loops that read on the host what is neither a constant nor a shape. */
function hostReads({ node: nodes, initializer }: GraphProto, outer: ReadonlySet<string>, inLoop: boolean): string[] {
  const onHost = new Set([...outer, ...initializer.map(({ name }) => name!)]);
  const found: string[] = [];
  for (const node of nodes) {
    if (node.opType === 'Shape') onHost.add(node.output[0]!);
    for (const { g } of node.attribute) if (g) found.push(...hostReads(g, onHost, inLoop || node.opType === 'Scan'));
    const read = (HOST_INPUTS[node.opType] ?? []).flatMap((i) => node.input[i] || []);
    if (inLoop && !read.every((name) => onHost.has(name))) found.push(node.name);
  }
  return found;
}

function operatorsOf({ node: nodes }: GraphProto): Set<string> {
  return new Set(
    nodes.flatMap(({ opType, attribute }) => [opType, ...attribute.flatMap(({ g }) => (g ? [...operatorsOf(g)] : []))]),
  );
}

test('the table is of the opsets that are written', () => {
  expect(kernelTable.opsets).toEqual({ '': OPSET, [ML_DOMAIN]: ML_OPSET });
});
