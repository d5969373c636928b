import { vjp } from '../grad.ts';
import { Builder, Graph, type Value } from '../graph.ts';
import type { Maybe, Op } from '../op.ts';
import { inline } from '../rewrite.ts';
import { formatType, ShapeError, sameShape } from '../type.ts';
import { zerosLike } from './movement.ts';

/** Both branches have the captured values for inputs, and outputs of the same types. */
interface CondAttrs {
  readonly whenTrue: Graph;
  readonly whenFalse: Graph;
}

const condOp: Op<CondAttrs> = {
  name: 'If',
  infer: ([condition], { whenTrue, whenFalse }) => {
    if (condition!.dtype !== 'bool' || condition!.shape.length !== 0)
      throw new ShapeError(`wants a bool scalar for its condition; got ${formatType(condition!)}`);
    const [types, others] = [whenTrue, whenFalse].map(({ outputs }) => outputs.map(({ type }) => type));
    if (types!.length !== others!.length)
      throw new ShapeError(`wants as many values from both branches; got ${types!.length} and ${others!.length}`);
    for (const [i, type] of types!.entries()) {
      const other = others![i]!;
      if (type.dtype !== other.dtype || !sameShape(type.shape, other.shape))
        throw new ShapeError(
          `wants the same types from both branches; got ${formatType(type)} and ${formatType(other)}`,
        );
    }
    return types!;
  },
  // The gradient of a choice is the choice of the gradients.
  vjp: (b, n, ct, need) => {
    const [condition, ...captured] = n.inputs as readonly [Value, ...Value[]];
    const by = captured.flatMap((_, i) => (need[i + 1] ? [i] : []));
    const given = ct.flatMap((value, i) => (value ? [{ value, i }] : []));
    const branch = (graph: Graph) => (inner: Builder, args: readonly Value[]) => {
      const inputs = args.slice(0, captured.length);
      const cotangents: Maybe<Value>[] = graph.outputs.map(() => undefined);
      for (const [k, { i }] of given.entries()) cotangents[i] = args[captured.length + k];
      const flows = vjp(
        inner,
        inline(inner, graph, inputs),
        cotangents,
        by.map((i) => inputs[i]!),
      );
      return flows.map((flow, k) => flow ?? zerosLike(inner, inputs[by[k]!]!));
    };
    const { whenTrue, whenFalse } = n.attrs;
    const found = cond(
      b,
      condition,
      [...captured, ...given.map(({ value }) => value)],
      branch(whenTrue),
      branch(whenFalse),
    );
    const flows = new Map(by.map((i, k) => [i, found[k]!]));
    return [undefined, ...captured.map((_, i) => flows.get(i))];
  },
  emit: (w, n) => {
    const [condition, ...captured] = n.inputs as readonly [Value, ...Value[]];
    const attributes = {
      then_branch: { graph: w.inner(n.attrs.whenTrue, captured) },
      else_branch: { graph: w.inner(n.attrs.whenFalse, captured) },
    };
    const outputs = n.outputs.map((output) => w.name(output));
    w.node('If', [w.name(condition)], outputs, { attributes, place: n.place });
  },
  mapGraphs: ({ whenTrue, whenFalse }, replace) => ({ whenTrue: replace(whenTrue), whenFalse: replace(whenFalse) }),
};

/** A branch: from the captured values to the results. */
export type Branch = (b: Builder, captured: readonly Value[]) => readonly Value[];

/**
 * The results of one branch or the other, of which only that one runs.
 * @param condition a bool scalar
 * @param captured the values of the outer graph that the branches use
 * @throws ShapeError if the condition is no bool scalar, or the branches' results differ in type
 */
export function cond(
  b: Builder,
  condition: Value,
  captured: readonly Value[],
  whenTrue: Branch,
  whenFalse: Branch,
): readonly Value[] {
  const graphOf = (name: string, branch: Branch) => {
    const inner = new Builder();
    const inputs = captured.map(({ type }, i) => inner.input(`captured.${i}`, type.dtype, type.shape));
    return new Graph(name, inputs, [...inner.at(b.place, () => branch(inner, inputs))]);
  };
  return b.apply(condOp, [condition, ...captured], {
    whenTrue: graphOf('then', whenTrue),
    whenFalse: graphOf('else', whenFalse),
  });
}
