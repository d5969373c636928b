import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { exp } from '#engine/ops/elementwise.ts';
import { expand } from '#engine/ops/movement.ts';
import { reduceSum } from '#engine/ops/reduce.ts';
import { OutOfMemoryError, withinMemory } from '#engine/out-of-memory.ts';
import { openSession } from '#engine/run.ts';
import { tensorFrom } from '#engine/tensor.ts';

describe('too little memory', () => {
  test('is said with the place and with what takes less', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [1, 1]);
    // 2⁵⁰ bytes: no machine has so many addresses.
    const wide = b.at('layer1', () => exp(b, expand(b, x, [2 ** 24, 2 ** 24])));
    const model = writeModel(new Graph('wide', [x], { y: reduceSum(b, wide) }), { producer: 'test' });
    await using session = await openSession(model);
    const running = withinMemory(
      () => 'taking 3 steps of 4 rows',
      () => session.run({ x: tensorFrom('float32', [1, 1], [1]) }),
    );
    await expect(running).rejects.toThrow(OutOfMemoryError);
    await expect(running).rejects.toThrow(
      /^out of memory while taking 3 steps of 4 rows, at layer1\/Expand\S* \(Expand\): try a smaller batch_size, .*; the runtime says: .* requested buffer of size 1125899906842624$/,
    );
  });

  test.each(['std::bad_alloc', 'CUDA failure 2: out of memory', 'Array buffer allocation failed'])(
    'is known by "%s"',
    async (message) => {
      const call = () => Promise.reject(new Error(message));
      await expect(withinMemory(() => 'loading', call)).rejects.toThrow(/^out of memory while loading: try/);
    },
  );

  test('is said of the innermost node that was running', async () => {
    const message =
      "while running Scan node. Name:'Scan.1' Status Message: while running Exp node. Name:'net/Exp.2' Status Message: bad_alloc";
    const call = () => Promise.reject(new Error(message));
    await expect(withinMemory(() => 'loading', call)).rejects.toThrow(
      /^out of memory while loading, at net\/Exp\.2 \(Exp\): /,
    );
  });

  test('is no other error', async () => {
    const error = new Error('Invalid rank for input');
    await expect(
      withinMemory(
        () => 'loading',
        () => Promise.reject(error),
      ),
    ).rejects.toBe(error);
  });
});
