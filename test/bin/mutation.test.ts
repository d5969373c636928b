import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Op } from '#engine/op.ts';
import * as ops from '#engine/ops/index.ts';
import { instrument } from '../../bin/mutation/instrument.ts';
import { parse } from '../../bin/mutation/syntax.ts';

function mutantsOf(text: string): string[] {
  const { mutants } = instrument(new Map([['one.ts', parse('one.ts', text)]])).get('one.ts')!;
  return mutants.map(({ line, within, original, mutated }) => `${line} ${within}: ${original} → ${mutated}`);
}

const folder = fileURLToPath(new URL('../../layers/engine/ops', import.meta.url));
const sources = new Map(
  globSync(`${folder}/*.ts`).map((file) => [basename(file), parse(basename(file), readFileSync(file, 'utf8'))]),
);
const instrumented = [...instrument(sources).values()];
const mutants = instrumented.flatMap((one) => one.mutants);

test('a rule is broken by its operations, operands, signs and numbers, and by answering nothing', () => {
  const text = `
const op = {
  name: 'Square',
  vjp: (b, n, [ct]) => [mul(b, neg(b, ct!), n.inputs[0]!)],
};`;
  expect(mutantsOf(text)).toEqual([
    '4 Square.vjp: mul(b, neg(b, ct!), n.inputs[0]!) → undefined',
    '4 Square.vjp: mul(b, neg(b, ct!), n.inputs[0]!) → mutation.ops.div(b, neg(b, ct!), n.inputs[0]!)',
    '4 Square.vjp: mul(b, neg(b, ct!), n.inputs[0]!) → mutation.ops.add(b, neg(b, ct!), n.inputs[0]!)',
    '4 Square.vjp: mul(b, neg(b, ct!), n.inputs[0]!) → neg(b, ct!)',
    '4 Square.vjp: mul(b, neg(b, ct!), n.inputs[0]!) → n.inputs[0]!',
    '4 Square.vjp: neg(b, ct!) → ct!',
    '4 Square.vjp: 0 → 1',
    '4 Square.vjp: 0 → -1',
  ]);
});

test('what a rule calls is broken too; what nobody calls, and what only checks, is not', () => {
  const text = `
const op = { name: 'Odd', infer: () => [1], vjp: (b, n, [ct]) => [shifted(b, ct)] };
function shifted(b, x) {
  if (x === 2) throw new Error();
  return x.some(Boolean);
}
function idle() { return true; }`;
  expect(mutantsOf(text)).toEqual([
    '2 Odd.vjp: shifted(b, ct) → undefined',
    '2 Odd.vjp: shifted(b, ct) → ct',
    '5 shifted: x.some(Boolean) → x.every(Boolean)',
  ]);
});

test('one mutant at a time is switched on, and none leaves the code as it was', () => {
  const { text } = instrument(
    new Map([['one.ts', parse('one.ts', "const op = { vjp: (b, n, [ct]) => [f(b, ct, 'ᵀ', { axis })] };")]]),
  ).get('one.ts')!;
  const run = (active: number) => {
    const f = (...args: unknown[]) => args;
    const define = new Function('mutation', 'f', 'axis', `${text}; return op;`);
    return define({ on: (id: number) => id === active }, f, 3).vjp('b', {}, ['ct']);
  };
  expect([0, 1, 2, 3].map(run)).toEqual([
    [['b', 'ct', 'ᵀ', { axis: 3 }]],
    [undefined],
    ['ct'],
    [['b', 'ct', 'ᵀ', { axis: 4 }]],
  ]);
});

test('every rule of the vocabulary is broken', () => {
  const broken = new Set(mutants.map(({ within }) => within.replace(/\.(vjp|gradient)(\.\d)?$/, '')));
  const withRule = Object.entries(ops).flatMap(([name, value]) => {
    const op: Pick<Op, 'name' | 'vjp'> | undefined =
      typeof value === 'function' && 'op' in value ? value.op : undefined;
    return typeof op?.vjp === 'function' ? [{ name, op: op.name }] : [];
  });
  expect(withRule.length).toBeGreaterThan(40);
  const missing = withRule.filter(({ name, op }) => !broken.has(name) && !broken.has(op));
  // These two have one rule between them, which goes by its own name.
  expect(missing.map(({ op }) => op)).toEqual(['ReduceMax', 'ReduceMin']);
  expect(broken.has('extremeGradient')).toBe(true);
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
});
