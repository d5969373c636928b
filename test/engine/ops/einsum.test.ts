import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder, topological, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { type Tensor, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings } from './arbitraries.ts';

const sizes: Readonly<Record<string, number>> = { b: 2, h: 3, i: 2, j: 4, k: 3, l: 1 };

/** By the definition: for every assignment of positions to letters, the product goes where the result's letters say. */
function reference(equation: string, operands: readonly Tensor[]): number[] {
  const [left, out] = equation.split('->') as [string, string];
  const terms = left.split(',');
  const letters = [...new Set(left.replaceAll(',', ''))];
  const total = (group: string) => [...group].reduce((product, letter) => product * sizes[letter]!, 1);
  const flat = (group: string, at: Record<string, number>) =>
    [...group].reduce((index, letter) => index * sizes[letter]! + at[letter]!, 0);
  const result = new Array<number>(total(out)).fill(0);
  const values = operands.map(toNumbers);
  for (let n = 0; n < total(letters.join('')); n++) {
    let rest = n;
    const at: Record<string, number> = {};
    for (const letter of letters) {
      at[letter] = rest % sizes[letter]!;
      rest = Math.floor(rest / sizes[letter]!);
    }
    result[flat(out, at)]! += terms.reduce((product, term, t) => product * values[t]![flat(term, at)]!, 1);
  }
  return result;
}

const equations = [
  'ij->ji',
  'ij->',
  'bij->bj',
  'ij,jk->ik',
  'bij,bjk->bik',
  'bhij,bhkj->bhik',
  'bij,kj->bik',
  'ij,ij->ij',
  'ij,ij->i',
  'i,j->ij',
  'ij,k->j',
  'bijl,jkl->bki',
  'ij,jk,kb->ib',
];

test.each(equations)('%s is the sum that it says, has a gradient, and that has its own', async (equation) => {
  const terms = equation.split('->')[0]!.split(',');
  const operands = terms.map((term, t) =>
    random(
      t + 1,
      [...term].map((letter) => sizes[letter]!),
    ),
  );
  const { y } = await evaluate(operands, (b, xs) => ({ y: ops.einsum(b, equation, xs) }));
  for (const [i, wanted] of reference(equation, operands).entries()) expect(toNumbers(y!)[i]).toBeCloseTo(wanted, 10);
  await checkGradients(operands, (b, xs) => ops.sin(b, ops.einsum(b, equation, xs)));
});

test('any contraction is the sum that it says, has a gradient, and that has its own', async () => {
  const term = fc.shuffledSubarray([...'bijk'], { minLength: 1, maxLength: 3 });
  const cases = fc.array(term, { minLength: 1, maxLength: 3 }).chain((terms) =>
    fc.record({
      terms: fc.constant(terms.map((letters) => letters.join(''))),
      out: fc.shuffledSubarray([...new Set(terms.flat())]),
      seed: seeds,
    }),
  );
  const property = fc.asyncProperty(cases, async ({ terms, out, seed }) => {
    const equation = `${terms.join()}->${out.join('')}`;
    const operands = terms.map((term, t) =>
      random(
        seed + t,
        [...term].map((letter) => sizes[letter]!),
      ),
    );
    const { y } = await evaluate(operands, (b, xs) => ({ y: ops.einsum(b, equation, xs) }));
    const wanted = reference(equation, operands);
    expect(y!.shape).toEqual(out.map((letter) => sizes[letter]!));
    for (const [i, value] of wanted.entries()) expect(toNumbers(y!)[i]).toBeCloseTo(value, 10);
    await checkGradients(operands, (b, xs) => ops.sin(b, ops.einsum(b, equation, xs)), { seed });
  });
  await fc.assert(property, { ...settings, numRuns: 30 });
});

test('a contraction over nothing is zero', async () => {
  const [x, y] = [random(1, [2, 0]), random(2, [0, 3])];
  await checkGradients([x, y], (b, [x, y]) => ops.einsum(b, 'ij,jk->ki', [x!, y!]));
  const { z } = await evaluate([x, y], (b, [x, y]) => ({ z: ops.einsum(b, 'ij,jk->ki', [x!, y!]) }));
  expect([z!.shape, toNumbers(z!)]).toEqual([
    [3, 2],
    [0, 0, 0, 0, 0, 0],
  ]);
});

test('what is summed is summed as early as can be, in one product where two operands share it', () => {
  const b = new Builder();
  const input = (name: string, shape: number[]) => b.input(name, 'float32', shape);
  const made = (equation: string, operands: Value[]) =>
    topological([ops.einsum(b, equation, operands)]).map(({ op, outputs }) => [op.name, outputs[0]!.type.shape]);
  const [x, y, z] = [input('x', [2, 3]), input('y', [3, 4]), input('z', [4, 5])];
  expect(made('ij,jk,kl->il', [x, y, z])).toEqual([
    ['MatMul', [2, 4]],
    ['MatMul', [2, 5]],
  ]);
  expect(made('ijl,jk->ik', [input('w', [2, 3, 5]), y]).slice(0, 2)).toEqual([
    ['ReduceSum', [2, 3]],
    ['MatMul', [2, 4]],
  ]);
  expect(made('ij,jkl->ik', [x, input('v', [3, 4, 5])]).slice(0, 2)).toEqual([
    ['ReduceSum', [3, 4]],
    ['MatMul', [2, 4]],
  ]);
  expect(made('i,j->ij', [input('p', [2]), input('q', [3])]).map(([name]) => name)).not.toContain('MatMul');
});

test('without a result it takes the letters that occur once', () => {
  const b = new Builder();
  const [x, y] = [b.input('x', 'float32', ['rows', 3]), b.input('y', 'float32', [3, 2])];
  expect(ops.einsum(b, 'bj,jk', [x, y]).type.shape).toEqual(['rows', 2]);
});

test('an equation that does not fit is refused with what does not', () => {
  const b = new Builder();
  const [x, y] = [b.input('x', 'float32', [2, 3]), b.input('y', 'float32', [4, 2])];
  expect(() => ops.einsum(b, 'ij,jk->ik', [x, y])).toThrow("einsum 'ij,jk->ik' wants one size for 'j'; got 3 and 4");
  expect(() => ops.einsum(b, 'ii->i', [x])).toThrow('wants one different letter for each axis of [2, 3]');
  expect(() => ops.einsum(b, 'ij->ik', [x])).toThrow("wants 'k' once in the result and in an operand");
  const [p, q] = [b.input('p', 'float32', ['rows', 2, 3]), b.input('q', 'float32', ['others', 4, 3])];
  expect(() => ops.einsum(b, 'rij,skj->riks', [p, q])).toThrow('einsum cannot join the axes [others, 4]');
  expect(() => ops.einsum(b, 'ij', [x, y])).toThrow('wants one group of letters for each of 2 operands');
});
