import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { decodeModel, parseModel } from '#engine/onnx/proto.ts';
import { OPSET, writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, tensorFrom } from '#engine/tensor.ts';
import type { DType, HalfType } from '#engine/type.ts';

async function identityOf(input: Tensor): Promise<Tensor> {
  const b = new Builder();
  const x = b.input('x', input.dtype, input.shape);
  await using session = await openSession(writeModel(new Graph('g', [x], { y: x }), { producer: 'test' }));
  return (await session.run({ x: input })).y!;
}

async function constantOf(value: Tensor): Promise<Tensor> {
  const b = new Builder();
  await using session = await openSession(
    writeModel(new Graph('g', [], { y: b.constant(value) }), { producer: 'test' }),
  );
  return (await session.run({})).y!;
}

const samples: readonly Tensor[] = [
  tensorFrom('float32', [2, 2], [1.5, -0, Number.NaN, Number.POSITIVE_INFINITY]),
  tensorFrom('float64', [2], [Math.PI, 5e-320]),
  { dtype: 'int64', shape: [2], data: new BigInt64Array([2n ** 62n, -(2n ** 63n)]) },
  tensorFrom('int32', [], [-(2 ** 31)]),
  tensorFrom('bool', [3], [1, 0, 1]),
  tensorFrom('string', [3], ['', 'Übermaß', '企鹅 🐧']),
  tensorFrom('float32', [0, 4], []),
];

describe('writeModel', () => {
  test.each(samples.map((sample) => [`${sample.dtype}[${sample.shape}]`, sample] as const))(
    '%s passes through as input and as constant, bit for bit',
    async (_, sample) => {
      for (const got of [await identityOf(sample), await constantOf(sample)]) expect(got).toEqual(sample);
    },
  );

  test('writes producer, text and properties where ONNX readers look for them', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 2]);
    const meta = { producer: 'p', producerVersion: '1.2', doc: 'what it is', properties: { classes: '["a"]' } };
    const model = decodeModel(writeModel(new Graph('g', [x], { y: ops.exp(b, x) }), meta));
    expect(model).toMatchObject({
      producerName: 'p',
      producerVersion: '1.2',
      docString: 'what it is',
      metadataProps: [{ key: 'classes', value: '["a"]' }],
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: 'ai.onnx.ml', version: 3 },
      ],
      graph: {
        input: [
          { name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'rows' }, { dimValue: 2 }] } } } },
        ],
      },
    });
  });

  test('gives one value several output names, and returns inputs and constants', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [1]);
    const y = ops.exp(b, x);
    const graph = new Graph('g', [x], { y, again: y, x2: x, one: b.scalar('float32', 1), z: ops.neg(b, y) });
    await using session = await openSession(writeModel(graph, { producer: 'test' }));
    const got = await session.run({ x: tensorFrom('float32', [1], [0]) });
    expect(Object.fromEntries(Object.entries(got).map(([name, { data }]) => [name, Number(data[0])]))).toEqual({
      y: 1,
      again: 1,
      x2: 0,
      one: 1,
      z: -1,
    });
  });

  test('writes axes and shapes once, so that the runtime transposes rows once for two products of a loop', async () => {
    const b = new Builder();
    const rows = ['x', 'y', 'z'].map((name) => b.input(name, 'float32', [2, 600, 3]));
    const { sequences } = ops.scan(b, {
      captured: [],
      states: [b.scalar('float32', 0)],
      sequences: rows,
      body: (inner, _, states, [x, y, z]) => ({
        states,
        slices: [y!, z!].map((other) => ops.gemm(inner, x!, other, undefined, { transX: true })),
      }),
    });
    const graph = new Graph('g', rows, { one: sequences[0]!, other: sequences[1]! });
    const folder = await mkdtemp(join(tmpdir(), 'trainyard-write-'));
    try {
      const optimizedModelPath = join(folder, 'optimized.onnx');
      await using _ = await openSession(writeModel(graph, { producer: 'test' }), { optimizedModelPath });
      const loop = parseModel(await readFile(optimizedModelPath)).graph.node.find(({ opType }) => opType === 'Scan');
      const body = loop!.attribute.find(({ name }) => name === 'body')!.g!;
      expect(body.node.filter(({ opType }) => opType === 'Transpose')).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('names what a graph uses without having it as an input', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', 'float32', []), b.input('stray', 'float32', [])];
    expect(() => writeModel(new Graph('g', [x], { z: ops.add(b, x, y) }), { producer: 'test' })).toThrow(
      "graph uses 'stray', which is not one of its inputs",
    );
  });

  test('writes no history of a loop whose gradient nobody takes', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [3]);
    const body = (
      b: Builder,
      _: unknown,
      [s]: Parameters<Parameters<typeof ops.scan>[1]['body']>[2],
      [x]: Parameters<Parameters<typeof ops.scan>[1]['body']>[3],
    ) => ({ states: [ops.add(b, s!, x!)], slices: [] });
    const { states } = ops.scan(b, { captured: [], states: [b.scalar('float32', 0)], sequences: [x], body });
    const model = decodeModel(writeModel(new Graph('g', [x], { s: states[0]! }), { producer: 'test' }));
    expect(model).toMatchObject({ graph: { node: [{ opType: 'Scan', output: ['s'] }] } });
  });
});

test('every element type that can be fed has a sample', () => {
  const all: Record<Exclude<DType, HalfType>, true> = {
    float32: true,
    float64: true,
    int64: true,
    int32: true,
    bool: true,
    string: true,
  };
  expect(new Set(samples.map(({ dtype }) => dtype))).toEqual(new Set(Object.keys(all)));
});
