import { expect, test } from '@jest/globals';
import * as ops from '#engine/ops/index.ts';
import { toNumbers } from '#engine/tensor.ts';
import { evaluate, random } from '../harness.ts';

const UNITS = 2;

test.each([
  ['lstm', 4, ops.lstm],
  ['gru', 3, ops.gru],
] as const)(
  '%s starts from zeros and goes forward if nothing else is said, also over a single step',
  async (_, gates, layer) => {
    for (const steps of [1, 3]) {
      const inputs = [
        random(1, [steps, 2, 3]),
        random(2, [3, gates * UNITS]),
        random(3, [UNITS, gates * UNITS]),
        random(4, [gates * UNITS]),
      ];
      const { plain, said, hidden } = await evaluate(inputs, (b, [x, input, hidden, inputBias]) => {
        const w = { input: input!, hidden: hidden!, inputBias: inputBias! };
        const zeros = ops.zerosLike(b, b.constant(random(5, [2, UNITS])));
        const plain = layer(b, x!, [{ weights: w }]);
        const said = layer(b, x!, [{ weights: w, reverse: false, hidden: zeros, cell: zeros }]);
        return { plain: plain.sequence, said: said.sequence, hidden: plain.hidden };
      });
      expect(toNumbers(plain!)).toEqual(toNumbers(said!));
      expect(toNumbers(hidden!)).toEqual(toNumbers(plain!).slice(-2 * UNITS));
    }
  },
);

test('both directions end with what each said last, beside each other', async () => {
  const inputs = [
    random(1, [3, 2, 3]),
    random(2, [3, 3 * UNITS]),
    random(3, [UNITS, 3 * UNITS]),
    random(4, [3 * UNITS]),
  ];
  const { both, forward, backward } = await evaluate(inputs, (b, [x, input, hidden, inputBias]) => {
    const weights = { input: input!, hidden: hidden!, inputBias: inputBias! };
    const layer = (...ways: boolean[]) =>
      ops.gru(
        b,
        x!,
        ways.map((reverse) => ({ weights, reverse })),
      ).hidden;
    return { both: layer(false, true), forward: layer(false), backward: layer(true) };
  });
  const rows = [0, 1].flatMap((row) =>
    [forward!, backward!].flatMap((one) => toNumbers(one).slice(row * UNITS, (row + 1) * UNITS)),
  );
  expect([both!.shape, toNumbers(both!)]).toEqual([[2, 2 * UNITS], rows]);
});

test('an lstm goes on from what it said last and its cell as if it had not stopped', async () => {
  const inputs = [
    random(1, [4, 2, 3]),
    random(2, [3, 4 * UNITS]),
    random(3, [UNITS, 4 * UNITS]),
    random(4, [4 * UNITS]),
  ];
  const { whole, second } = await evaluate(inputs, (b, [x, input, hidden, inputBias]) => {
    const w = { input: input!, hidden: hidden!, inputBias: inputBias! };
    const first = ops.lstm(b, ops.slice(b, x!, 0, 0, 2), [{ weights: w }]);
    const second = ops.lstm(b, ops.slice(b, x!, 0, 2), [{ weights: w, hidden: first.hidden, cell: first.cell }]);
    return { whole: ops.lstm(b, x!, [{ weights: w }]).cell, second: second.cell };
  });
  for (const [i, value] of toNumbers(whole!).entries()) expect(toNumbers(second!)[i]).toBeCloseTo(value, 12);
});
