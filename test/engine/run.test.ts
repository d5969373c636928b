import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession, RuntimeError } from '#engine/run.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';

function squareAndSum(): Uint8Array {
  const b = new Builder();
  const x = b.input('x', 'float32', ['rows', 2]);
  const square = ops.mul(b, x, x);
  return writeModel(new Graph('g', [x], { square, sum: ops.reduceSum(b, square) }), { producer: 'test' });
}

const x = tensorFrom('float32', [1, 2], [3, 4]);

describe('a session', () => {
  test('runs with any number of rows and computes what is wanted', async () => {
    await using session = await openSession(squareAndSum(), { threads: 1 });
    expect(session).toMatchObject({ device: 'cpu', inputNames: ['x'], outputNames: ['square', 'sum'] });
    expect(toNumbers((await session.run({ x })).square!)).toEqual([9, 16]);
    expect(Object.keys(await session.run({ x: tensorFrom('float32', [0, 2], []) }, ['sum']))).toEqual(['sum']);
  });

  test('runs at once where that is asked for', async () => {
    await using session = await openSession(squareAndSum(), { threads: 1 });
    expect(toNumbers(session.runAtOnce({ x }).square!)).toEqual([9, 16]);
    expect(Object.keys(session.runAtOnce({ x }, ['sum']))).toEqual(['sum']);
    expect(() => session.runAtOnce({ x }, ['total'])).toThrow(
      new RuntimeError("there is no output 'total'; got square, sum"),
    );
    expect(() => session.runAtOnce({})).toThrow(RuntimeError);
  });

  test('loads from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trainyard-'));
    try {
      const path = join(folder, 'model.onnx');
      await writeFile(path, squareAndSum());
      await using session = await openSession(path);
      expect(toNumbers((await session.run({ x })).sum!)).toEqual([25]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('says which input is missing and what came instead', async () => {
    await using session = await openSession(squareAndSum());
    await expect(session.run({ y: x })).rejects.toThrow(new RuntimeError("input 'x' is missing; got y"));
  });

  test('refuses a wrong shape, broken bytes and a missing file', async () => {
    await using session = await openSession(squareAndSum());
    await expect(session.run({ x: tensorFrom('float32', [3], [1, 2, 3]) })).rejects.toThrow(RuntimeError);
    await expect(openSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(RuntimeError);
    await expect(openSession('/nowhere/model.onnx')).rejects.toThrow(RuntimeError);
  });

  test('counts tiny numbers as zero, since they would make training slow', async () => {
    await using session = await openSession(squareAndSum(), { threads: 1 });
    const tiny = tensorFrom('float32', [1, 2], [1e-20, 1e-22]);
    expect(toNumbers((await session.run({ x: tiny })).square!)).toEqual([0, 0]);
  });

  test('counts tiny numbers as zero also where the first session of the process only inferred shapes', () => {
    const module = JSON.stringify(resolve('layers/engine/run.ts'));
    const model = JSON.stringify([...squareAndSum()]);
    const program = `
      const { inferredShapes, openSession } = await import(${module});
      const model = new Uint8Array(${model});
      await inferredShapes(model);
      const session = await openSession(model, { threads: 1 });
      const tiny = { dtype: 'float32', shape: [1, 2], data: new Float32Array([1e-20, 1e-22]) };
      console.log([...(await session.run({ x: tiny })).square.data]);`;
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout + stderr).toBe('[ 0, 0 ]\n');
  });
});
