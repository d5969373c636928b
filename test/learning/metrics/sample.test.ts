import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Sample } from '#learning/metrics/sample.ts';

test('rows that come together are sampled as those that come one by one', () => {
  const pieces = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 5 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 900 }), (sizes, width, numbers) => {
      const [together, oneByOne] = [new Sample(width, numbers), new Sample(width, numbers)];
      let before = 0;
      for (const size of sizes) {
        const truths = Int32Array.from({ length: size }, (_, i) => before + i);
        const values = Float32Array.from({ length: size * width }, (_, i) => before * width + i);
        together.addAll(truths, values);
        for (let row = 0; row < size; row++) oneByOne.add(truths[row]!, values, row * width);
        before += size;
      }
      expect(together.seen).toBe(before);
      expect(together.truths).toEqual(oneByOne.truths);
      expect(together.values).toEqual(oneByOne.values);
    }),
  );
});
