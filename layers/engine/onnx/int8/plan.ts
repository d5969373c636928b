/** Which weights of a graph become integers, and by which axis their scales are. */
import type { GraphProto, NodeProto, TensorProto } from '../proto.ts';
import { dataType } from '../proto.ts';

/** Weights with fewer elements gain nothing worth a difference. */
const LEAST_ELEMENTS = 256;

export interface Planned {
  /** The place among the initialisers. */
  readonly index: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly axis: number;
  /** Whether it is a table from which nothing but rows are taken: those are scaled, and not the whole table. */
  readonly isTable: boolean;
  /** Whether it is a matrix that MatMul multiplies by, and nothing else: the products can be of integers as well. */
  readonly isFactor: boolean;
}

type Use = Pick<Planned, 'axis' | 'isTable' | 'isFactor'>;

type Rule = (node: NodeProto, input: number, rank: number) => Use | undefined;

const flag = ({ attribute }: NodeProto, name: string): number => {
  const found = attribute.find((one) => one.name === name);
  return Number(found?.i ?? 0);
};

const weight = (axis: number): Use => ({ axis, isTable: false, isFactor: false });

/** Which inputs of an operator may be integers, and by which axis its channels are. */
const rules: Readonly<Record<string, Rule>> = {
  MatMul: (_, input, rank) => (input === 1 ? { ...weight(rank - 1), isFactor: rank === 2 } : undefined),
  Gemm: (node, input) => (input === 1 ? weight(flag(node, 'transB') === 1 ? 0 : 1) : undefined),
  Conv: (_, input) => (input === 1 ? weight(0) : undefined),
  // The gates of a recurrent cell, one below another.
  Split: (node, input) => (input === 0 && flag(node, 'axis') === 0 ? weight(0) : undefined),
  Gather: (node, input) => (input === 0 && flag(node, 'axis') === 0 ? { ...weight(0), isTable: true } : undefined),
};

const isFloat = ({ dataType: type, dims }: TensorProto): boolean =>
  type === dataType.float32 &&
  dims.length >= 2 &&
  dims.reduce((product, dim) => product * Number(dim), 1) >= LEAST_ELEMENTS;

/** Weights whose every use is one that takes integers. */
export function planWeights({ node: nodes, initializer, input, output }: GraphProto): readonly Planned[] {
  const visible = new Set([...input, ...output].map(({ name }) => name));
  const uses = new Map<string, (Use | undefined)[]>();
  const note = (name: string, use: Use | undefined) => uses.set(name, [...(uses.get(name) ?? []), use]);
  // What is read there is not looked at: such a weight is made whole again, under its name.
  const hasInner = nodes.some(({ attribute }) => attribute.some(({ g }) => g !== undefined));
  const ranks = new Map(initializer.map(({ name, dims }) => [name ?? '', dims.length]));
  for (const node of nodes) {
    for (const [i, name] of node.input.entries()) {
      const rank = ranks.get(name);
      if (rank !== undefined) note(name, rules[node.opType]?.(node, i, rank));
    }
  }
  return initializer.flatMap((proto, index): Planned[] => {
    const { name = '' } = proto;
    const found = uses.get(name);
    if (!isFloat(proto) || visible.has(name) || !found?.length || found.includes(undefined)) return [];
    const [first] = found as Use[];
    const all = (is: 'isTable' | 'isFactor') => !hasInner && (found as Use[]).every((use) => use[is]);
    const shape = proto.dims.map(Number);
    return [{ index, name, shape, axis: first!.axis, isTable: all('isTable'), isFactor: all('isFactor') }];
  });
}
