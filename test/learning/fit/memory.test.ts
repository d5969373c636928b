import { describe, expect, test } from '@jest/globals';
import { filled } from '#engine/tensor.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { expectMemory } from '#learning/fit/memory.ts';

const need = {
  state: { w: filled('float32', [1_000_000], 0) },
  data: { x: filled('float32', [500_000, 1], 0) },
  stepBytes: 1e9,
  batchSize: 100,
};

describe('the memory that a training needs', () => {
  test('is compared with what there is, before it begins', () => {
    const small = { ...need, stepBytes: 1e5 };
    expect(() => expectMemory(small, 300 * 2 ** 20)).toThrow(/needs about 0.3 GB/);
    expect(() => expectMemory(small, 400 * 2 ** 20)).not.toThrow();
    expect(() => expectMemory(need, 2e9)).not.toThrow();
    expect(() => expectMemory(need, 1e9)).toThrow(TrainingFailure);
    expect(() => expectMemory(need, 1e9)).toThrow(
      'Training needs about 1.3 GB of memory: 0.012 GB for parameters and optimizer, 0.002 GB for rows, 1.0 GB for a step of 100 rows; ' +
        'a trainer has 1.0 GB here. To make it fit, try a batch_size of 66 or less',
    );
  });

  test('of which no batch size is small enough, asks for a smaller network', () => {
    expect(() => expectMemory(need, 335e6)).toThrow('try a smaller network, or a machine with more memory');
  });
});
