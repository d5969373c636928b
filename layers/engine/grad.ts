import type { Builder, Node, Value } from './graph.ts';
import { topological } from './graph.ts';
import type { Maybe, Vjp } from './op.ts';
import { add } from './ops/elementwise.ts';
import { zerosLike } from './ops/movement.ts';
import { formatType, isFloat, sameShape } from './type.ts';

/** The gradient does not exist, because an operation on the way has none. The message names the node and its place. */
export class GradientError extends Error {
  override readonly name = 'GradientError';
}

/**
 * The gradients of a scalar with respect to each of the values, in their shapes. They are zero for values on which the
 * scalar does not depend. They consist of the same operations, so their gradients can be taken again.
 * @throws GradientError if `of` is not a float scalar, or depends on `by` through an operation without a gradient
 */
export function grad(b: Builder, of: Value, by: readonly Value[]): Value[] {
  if (of.type.shape.length !== 0 || !isFloat(of.type.dtype))
    throw new GradientError(`gradient wants a float scalar to start from; got ${formatType(of.type)}`);
  const gradients = vjp(b, [of], [b.scalar(of.type.dtype, 1)], by);
  return gradients.map((gradient, i) => gradient ?? zerosLike(b, by[i]!));
}

/**
 * The vector-Jacobian product of a part of a graph: from the cotangents of `outputs` (absent means zero) to those of
 * the values `by` (absent if nothing flows there).
 * @throws GradientError
 */
export function vjp(
  b: Builder,
  outputs: readonly Value[],
  cotangents: readonly Maybe<Value>[],
  by: readonly Value[],
): Maybe<Value>[] {
  const order = topological(outputs);
  const active = activeValues(order, by);
  const flow = new Map<Value, Value>();
  const accumulate = (value: Value, ct: Maybe<Value>, source: string) => {
    if (!ct || !active.has(value)) return;
    if (ct.type.dtype !== value.type.dtype || !sameShape(ct.type.shape, value.type.shape))
      throw new GradientError(`cotangent from ${source} is ${formatType(ct.type)}; wanted ${formatType(value.type)}`);
    const before = flow.get(value);
    flow.set(value, before ? add(b, before, ct) : ct);
  };
  for (const [i, output] of outputs.entries()) accumulate(output, cotangents[i], 'outside');
  for (const node of order.reverse()) {
    const ct = node.outputs.map((output) => flow.get(output));
    const need = node.inputs.map((input) => active.has(input));
    if (!ct.some(Boolean) || !need.some(Boolean)) continue;
    b.at(`grad(${node.place})`, () => {
      const inputs = ruleOf(node)(b, node, ct, need);
      for (const [i, input] of node.inputs.entries()) accumulate(input, inputs[i], describe(node));
    });
  }
  return by.map((value) => flow.get(value));
}

/** The float values among `by`, and all values that depend on them differentiably. */
function activeValues(order: readonly Node[], by: readonly Value[]): Set<Value> {
  const active = new Set(by.filter((value) => isFloat(value.type.dtype)));
  for (const node of order) {
    if (hasZeroGradient(node) || !node.inputs.some((input) => active.has(input))) continue;
    for (const output of node.outputs) if (isFloat(output.type.dtype)) active.add(output);
  }
  return active;
}

/** Whether the derivative of the node's operation is zero everywhere that it exists. */
export function hasZeroGradient({ op: { vjp: rule } }: Node): boolean {
  return typeof rule !== 'function' && rule.gradient === 'zero';
}

function ruleOf(node: Node): Vjp<unknown> {
  const { vjp: rule } = node.op;
  if (typeof rule === 'function') return rule;
  const reason = rule.gradient === 'unsupported' ? rule.reason : 'its derivative is zero';
  throw new GradientError(`no gradient through ${describe(node)}: ${reason}`);
}

/** The node as error messages name it: its operation and its place in the model. */
export function describe({ op, place }: Node): string {
  return place === '' ? op.name : `${op.name} at ${place}`;
}
