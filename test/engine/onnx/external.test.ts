import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { OnnxError } from '#engine/onnx/decode.ts';
import { ExternalWeights, externalFolder } from '#engine/onnx/external.ts';
import { readModelFile, writeModelFile } from '#engine/onnx/file.ts';
import { encodeModel, MAX_MODEL_BYTES, parseModel } from '#engine/onnx/proto.ts';
import { readModel } from '#engine/onnx/read.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { tensor } from '#engine/tensor.ts';
import { constantParameters } from '#engine/training/network.ts';
import { writeInference } from '#engine/training/step.ts';
import { random } from '../harness.ts';

const meta = { producer: 'test' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'external-'));
});

afterEach(() => rm(folder, { recursive: true }));

const weights = [
  random(1, [4, 5], -1, 1, 'float32'),
  random(2, [5], -1, 1, 'float32'),
  random(3, [5, 2], -1, 1, 'float32'),
];
const x = random(4, [3, 4], -1, 1, 'float32');

/** Two layers, of 80, 20 and 40 bytes of weights. */
function layers(): Graph {
  const b = new Builder();
  const input = b.input('x', 'float32', ['rows', 4]);
  const [w, c, v] = weights.map((weight) => b.constant(weight));
  return new Graph('g', [input], { y: ops.matMul(b, ops.tanh(b, ops.linear(b, input, w!, c)), v!) });
}

async function outputOf(model: Uint8Array | string, external?: Record<string, Uint8Array>) {
  await using session = await openSession(model, { threads: 1, ...(external ? { external } : {}) });
  return (await session.run({ x })).y;
}

describe('a model with its weights beside it', () => {
  test('gives the runtime the same numbers, from files and from memory', async () => {
    const path = join(folder, 'model.onnx');
    expect(await writeModelFile(path, layers(), meta, 40)).toEqual([path, `${path}.data`]);
    const wanted = await outputOf(writeModel(layers(), meta));
    expect(await outputOf(path)).toEqual(wanted);
    const data = await readFile(`${path}.data`);
    expect(await outputOf(await readFile(path), { 'model.onnx.data': data })).toEqual(wanted);
    expect(data).toHaveLength(4096 + 40);
  });

  test('is read to the same numbers', async () => {
    const path = join(folder, 'model.onnx');
    await writeModelFile(path, layers(), meta, 40);
    const { parameters } = readModelFile(path);
    expect(Object.values(parameters).map(({ data }) => data)).toEqual(weights.map(({ data }) => data));
  });

  test('has no second file if every constant is small', async () => {
    const path = join(folder, 'model.onnx');
    expect(await writeModelFile(path, layers(), meta)).toEqual([path]);
    await expect(stat(`${path}.data`)).rejects.toThrow('ENOENT');
  });

  test('may hold them in a loop', async () => {
    const b = new Builder();
    const xs = b.input('x', 'float32', [3, 4]);
    const { sequences } = ops.scan(b, {
      captured: [],
      states: [b.scalar('float32', 0)],
      sequences: [xs],
      body: (b, _, states, [x]) => ({ states, slices: [ops.mul(b, x!, b.constant(random(5, [4], -1, 1, 'float32')))] }),
    });
    const graph = new Graph('g', [xs], { y: sequences[0]! });
    const path = join(folder, 'loop.onnx');
    expect(await writeModelFile(path, graph, meta, 16)).toHaveLength(2);
    expect(await outputOf(path)).toEqual(await outputOf(writeModel(graph, meta)));
  });

  test('is what an inference model is written as', async () => {
    const path = join(folder, 'served.onnx');
    const big = { w: random(6, [4, 5000], -1, 1, 'float32') };
    const written = await writeInference(path, {
      inputs: { x: { dtype: 'float32', shape: ['rows', 4] } },
      build: (b, { x }) => ({ y: ops.matMul(b, x!, constantParameters(b, big).w!) }),
      meta,
    });
    expect(written).toEqual([path, `${path}.data`]);
    expect((await stat(path)).size).toBeLessThan(2000);
    expect((await outputOf(path))?.shape).toEqual([3, 5000]);
  });
});

test('more weights than a file can hold are refused before they are copied', () => {
  const b = new Builder();
  // Pages that nobody writes to take no memory.
  const [half, other] = [new Uint8Array(2 ** 30), new Uint8Array(2 ** 30)];
  const values = [half, other].map((data) => b.constant(tensor('bool', [2 ** 30], data)));
  const graph = new Graph('g', [], { y: ops.concat(b, values, 0) });
  expect(() => writeModel(graph, meta)).toThrow(
    new OnnxError(
      `a model must have at most ${MAX_MODEL_BYTES} bytes of weights inside; got 2147483648 and more: write it to a file, which puts them beside it`,
    ),
  );
  const beside = new ExternalWeights('g.data');
  expect(writeModel(graph, meta, beside).byteLength).toBeLessThan(1000);
});

describe('external data that cannot be trusted', () => {
  const read = (location: string, offset = 0, length = 4) =>
    externalFolder(join(folder, 'model'))(location, offset, length);

  beforeEach(async () => {
    await mkdir(join(folder, 'model', 'inner'), { recursive: true });
    await writeFile(join(folder, 'secret'), 'secret');
    await writeFile(join(folder, 'model', 'w.bin'), Uint8Array.of(0, 1, 2, 3, 4, 5));
    await symlink(join(folder, 'secret'), join(folder, 'model', 'link'));
    await symlink('w.bin', join(folder, 'model', 'good-link'));
  });

  test('is read within the folder, at an offset, also through a link that stays inside', () => {
    expect([...read('w.bin', 1)]).toEqual([1, 2, 3, 4]);
    expect([...read('good-link', 2)]).toEqual([2, 3, 4, 5]);
    expect([...read('w.bin', 6, 0)]).toEqual([]);
  });

  test.each(['../secret', 'inner/../../secret', '..', '/etc/passwd', '', 'w.bin\0', 'inner\\..\\..\\secret'])(
    'is not looked for outside of the folder: %j',
    (location) => {
      expect(() => read(location)).toThrow(`external data must lie in the model's folder; got '${location}'`);
    },
  );

  test('does not lead out of the folder by a link, is there, is a plain file and long enough', () => {
    expect(() => read('link')).toThrow("external data must lie in the model's folder; 'link' leads out of it");
    expect(() => read('gone.bin')).toThrow("external data 'gone.bin' is not there");
    expect(() => read('inner')).toThrow(new OnnxError("external data 'inner' is no plain file"));
    expect(() => read('w.bin', 3)).toThrow(new OnnxError("external data 'w.bin' has 6 bytes; wanted 4 from 3 to 7"));
  });

  test.each([
    [{ offset: '-4' }, "initialiser 'w' must start at a position of its file; got offset -4"],
    [{ offset: '1e99' }, "initialiser 'w' must start at a position of its file; got offset 1e99"],
    [{ length: '9' }, "initialiser 'w' must have 8 bytes of external data; got 9"],
    [{ length: 'x' }, "initialiser 'w' must have 8 bytes of external data; got x"],
  ])('says where it is in numbers that fit: %j', (entries, message) => {
    expect(() => readModel(modelOf([2], entries), externalFolder(folder))).toThrow(new OnnxError(message));
  });

  test('has a shape that can be', () => {
    expect(() => readModel(modelOf([-1], {}), externalFolder(folder))).toThrow(
      new OnnxError("initialiser 'w' must have a shape of numbers from 0; got [-1]"),
    );
    expect(() => readModel(modelOf([2 ** 40, 2 ** 40], {}), externalFolder(folder))).toThrow(/must have a shape/);
  });

  function modelOf(dims: number[], entries: Record<string, string>): Uint8Array {
    const model = parseModel(writeModel(layers(), meta));
    const externalData = Object.entries({ location: 'w.bin', ...entries }).map(([key, value]) => ({ key, value }));
    const w = { name: 'w', dims, dataType: 1, dataLocation: 1, externalData };
    return encodeModel({ ...model, graph: { ...model.graph, initializer: [w] } });
  }
});
