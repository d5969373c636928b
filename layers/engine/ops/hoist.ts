import type { Builder } from '../graph.ts';
import { type Node, topological, type Value } from '../graph.ts';
import { isFloat, isStatic, type Shape } from '../type.ts';
import type { ScanAttrs } from './control.ts';
import { gemm, matMul } from './linalg.ts';
import { reshape } from './movement.ts';

/**
 * The captured inputs of a loop whose gradient is one product of matrices a step: those that the body uses once, as the
 * right-hand side of a product of plain matrices. Sizes must be known, so that the steps can be put below each other.
 */
export function hoistable({ inputs, attrs: { body, captured, states } }: Node<ScanAttrs>): number[] {
  const length = inputs[captured + states]!.type.shape[0];
  if (typeof length !== 'number') return [];
  const uses = topological(body.outputs).flatMap((node) =>
    node.inputs.map((value, position) => ({ node, value, position })),
  );
  return body.inputs.slice(0, captured).flatMap((value, i) => {
    const [use, ...others] = uses.filter((one) => one.value === value);
    if (!use || others.length > 0 || !isFloat(value.type.dtype) || body.outputs.includes(value)) return [];
    const { node, position } = use;
    const plain = node.op === matMul.op || (node.op === gemm.op && isPlain(node.attrs));
    const shapes: Shape[] = node.inputs.slice(0, 2).map(({ type }) => type.shape);
    return plain && position === 1 && shapes.every((shape) => shape.length === 2 && isStatic(shape)) ? [i] : [];
  });
}

/** Neither side is transposed. */
function isPlain(attrs: unknown): boolean {
  return JSON.stringify(attrs) === JSON.stringify({ transX: false, transY: false });
}

/** Σ xₜᵀ zₜ over the steps, from x [steps, m, k] and z [steps, m, n]: one product [steps · m, k]ᵀ · [steps · m, n]. */
export function hoisted(b: Builder, x: Value, z: Value): Value {
  const rows = (value: Value) => reshape(b, value, [-1, value.type.shape[2]!]);
  return gemm(b, rows(x), rows(z), undefined, { transX: true });
}
