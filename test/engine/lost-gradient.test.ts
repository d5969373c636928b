import { describe, expect, test } from '@jest/globals';
import { GradientError, grad, vjp } from '#engine/grad.ts';
import { Builder, type Value } from '#engine/graph.ts';
import { expectFlows } from '#engine/lost-gradient.ts';
import { recomputed } from '#engine/memory/recompute.ts';
import * as ops from '#engine/ops/index.ts';

/** A value made of the parameter [3], of a parameter [3] that is not asked about, and of a sequence [4, 3]. */
type Case = (b: Builder, w: Value, v: Value, xs: Value) => Value;

/** Takes the gradient of the sum by both parameters, as a training does, and looks for one that is lost. */
function expectGradient(of: Case): void {
  const b = new Builder();
  const [w, v] = [b.input('w', 'float32', [3]), b.input('v', 'float32', [3])];
  const sum = ops.reduceSum(b, of(b, w, v, b.input('xs', 'float32', [4, 3])));
  const flows = vjp(b, [sum], [b.scalar('float32', 1)], [w, v]);
  expectFlows(sum, [w, v], flows, (i) => ['w', 'v'][i]!);
}

const lost = (node: string, name = 'w') =>
  new GradientError(
    `no gradient by ${name}: the derivative of ${node} is zero everywhere; train with an operation that has one, or do not train ${name}`,
  );

/** The parameter rounded, in a place of its own. */
const rounded = (b: Builder, w: Value) => b.at('round', () => ops.round(b, w));

const loop = (
  b: Builder,
  captured: readonly Value[],
  states: readonly Value[],
  xs: Value,
  body: ops.ScanSpec['body'],
) => ops.scan(b, { captured, states, sequences: [xs], body });

/** The derivative by `v` of what a loop makes of `w`, multiplying by `v` in each step. */
function secondOrder(b: Builder, w: Value, v: Value, xs: Value): Value {
  const body: ops.ScanSpec['body'] = (b, [v], [state], [x]) => ({
    states: [ops.add(b, ops.mul(b, state!, v!), x!)],
    slices: [],
  });
  return grad(b, ops.reduceSum(b, loop(b, [v], [w], xs, body).states[0]!), [v])[0]!;
}

describe('a gradient that is lost is named with what loses it:', () => {
  test.each<[where: string, node: string, of: Case]>([
    ['outside of everything', 'Round at round', (b, w, v) => ops.mul(b, rounded(b, w), v)],
    [
      'in a loop, between what it captures and what it says',
      'Round at loop/round',
      (b, w, v, xs) =>
        b.at(
          'loop',
          () =>
            loop(b, [w, v], [], xs, (b, [w, v], _, [x]) => ({
              states: [],
              slices: [ops.mul(b, ops.mul(b, rounded(b, w!), v!), x!)],
            })).sequences[0]!,
        ),
    ],
    [
      'in a loop, between what it captures and what it carries',
      'Greater at round',
      (b, w, v, xs) =>
        loop(b, [w], [v], xs, (b, [w], [state], [x]) => {
          const gate = b.at('round', () => ops.cast(b, ops.greater(b, w!, x!), 'float32'));
          return { states: [ops.mul(b, state!, gate)], slices: [] };
        }).states[0]!,
    ],
    [
      'in a loop, a step after it was carried',
      'Sign at round',
      (b, w, v, xs) =>
        loop(b, [w, v], [v], xs, (b, [w, v], [state], [x]) => ({
          states: [ops.add(b, ops.mul(b, w!, x!), state!)],
          slices: [
            ops.add(
              b,
              b.at('round', () => ops.sign(b, state!)),
              v!,
            ),
          ],
        })).sequences[0]!,
    ],
    [
      'in a loop, a step before it is said',
      'Round at round',
      (b, w, v, xs) =>
        loop(b, [w], [v], xs, (b, [w], [state], [x]) => ({
          states: [ops.mul(b, rounded(b, w!), x!)],
          slices: [state!],
        })).sequences[0]!,
    ],
    [
      'in a loop that also says what flows, which nothing reads',
      'Round at round',
      (b, w, _, xs) =>
        loop(b, [w], [], xs, (b, [w], _, [x]) => ({
          states: [],
          slices: [ops.mul(b, rounded(b, w!), x!), ops.mul(b, w!, x!)],
        })).sequences[0]!,
    ],
    [
      'after a loop that loses it on one of two ways only',
      'Sign',
      (b, w, v, xs) => {
        const { sequences } = loop(b, [w], [], xs, (b, [w], _, [x]) => ({
          states: [],
          slices: [ops.mul(b, ops.mul(b, rounded(b, w!), w!), x!)],
        }));
        return ops.mul(b, ops.sign(b, sequences[0]!), v);
      },
    ],
    [
      'after the gradient of a loop, which reads what it had carried',
      'Sign',
      (b, w, v, xs) => ops.sign(b, secondOrder(b, w, v, xs)),
    ],
    [
      'in both branches',
      'Floor',
      (b, w, v) =>
        ops.cond(
          b,
          b.input('condition', 'bool', []),
          [w, v],
          (b, [w, v]) => [ops.mul(b, ops.floor(b, w!), v!)],
          (b, [w, v]) => [ops.add(b, ops.ceil(b, w!), v!)],
        )[0]!,
    ],
    [
      'in a branch within a loop within a part that is computed again',
      'Round at round',
      (b, w, v, xs) =>
        recomputed(b, [xs], (b, [xs]) => {
          const { sequences } = loop(b, [w, v], [], xs!, (b, [w, v], _, [x]) => {
            const condition = ops.greater(b, ops.reduceSum(b, x!), 0);
            const both = [w!, v!];
            const choice = ops.cond(
              b,
              condition,
              both,
              (b, [w, v]) => [ops.mul(b, rounded(b, w!), v!)],
              (_, [, v]) => [v!],
            );
            return { states: [], slices: choice };
          });
          return sequences;
        })[0]!,
    ],
  ])('%s', (_, node, of) => {
    expect(() => expectGradient(of)).toThrow(lost(node));
  });

  test('with the name of the parameter that it is', () => {
    expect(() => expectGradient((b, w, v) => ops.mul(b, w, rounded(b, v)))).toThrow(lost('Round at round', 'v'));
  });
});

describe('nothing is lost', () => {
  test.each<[where: string, of: Case]>([
    ['on one of two ways', (b, w, v) => ops.mul(b, ops.mul(b, rounded(b, w), w), v)],
    ['where nothing depends on a parameter', (b, _, v) => ops.sin(b, v)],
    [
      'in a loop, where one of two ways has a gradient',
      (b, w, v, xs) =>
        loop(b, [w, v], [], xs, (b, [w, v], _, [x]) => ({
          states: [],
          slices: [ops.mul(b, ops.mul(b, rounded(b, w!), ops.mul(b, w!, v!)), x!)],
        })).sequences[0]!,
    ],
    [
      'in a loop that says in the next step what it carried in the one before',
      (b, w, v, xs) =>
        loop(b, [w], [v, v], xs, (b, [w], [first, second], [x]) => ({
          states: [ops.mul(b, w!, x!), first!],
          slices: [second!],
        })).sequences[0]!,
    ],
    ['in the gradient of a loop, which reads what it had carried', secondOrder],
    [
      'in one of two branches',
      (b, w, v) =>
        ops.cond(
          b,
          b.input('condition', 'bool', []),
          [w, v],
          (b, [w, v]) => [ops.mul(b, ops.floor(b, w!), v!)],
          (b, [w, v]) => [ops.mul(b, w!, v!)],
        )[0]!,
    ],
    [
      'in branches that do not read it',
      (b, w, v) =>
        ops.cond(
          b,
          b.input('condition', 'bool', []),
          [w, v],
          (b, [, v]) => [ops.sin(b, v!)],
          (_, [, v]) => [v!],
        )[0]!,
    ],
    [
      'in a part that is computed again',
      (b, w, v) => recomputed(b, [v], (b, [v]) => [ops.mul(b, ops.mul(b, rounded(b, w), w), v!)])[0]!,
    ],
  ])('%s', (_, of) => {
    expect(() => expectGradient(of)).not.toThrow();
  });
});
