/** Operators of a graph whose result has as many elements as numbers say that other operators compute. */
import type { GraphProto, NodeProto } from '#engine/onnx/proto.ts';
import { type Tensors, toNumbers } from '#engine/tensor.ts';
import { sizePlaces } from './data-shapes.ts';
import { sizeOutput, valueOutput } from './probe.ts';

export interface ComputedSize {
  readonly node: NodeProto;
  /** The names of the values that say it. */
  readonly said: readonly string[];
  /** The name of the data that become so many times as large, if the numbers are not the whole size. */
  readonly data?: string;
  /** At most, by what a probe of these has. */
  elementsOf(probed: Tensors): number;
}

export const product = (numbers: readonly number[]): number => numbers.reduce((size, number) => size * number, 1);

/** In the order of the graph, in which each depends on earlier ones only. */
export function computedSizes({ node: nodes, initializer }: GraphProto): ComputedSize[] {
  const constants = new Set([
    ...initializer.map(({ name = '' }) => name),
    ...nodes.flatMap(({ opType, output }) => (opType === 'Constant' ? [output[0]!] : [])),
  ]);
  return nodes.flatMap((node) => {
    const places = sizePlaces(node.opType).filter((place) => (node.input[place] ?? '') !== '');
    const said = places.map((place) => node.input[place]!);
    if (said.every((name) => constants.has(name))) return [];
    const data = places.includes(0) ? undefined : node.input[0];
    const elementsOf = (probed: Tensors): number => {
      const numbers = said.map((name) => toNumbers(probed[valueOutput(name)]!));
      const times = data === undefined ? 1 : toNumbers(probed[sizeOutput(data)]!)[0]!;
      return times * (FACTORS[node.opType] ?? magnitude)(numbers);
    };
    return [{ node, said, ...(data === undefined ? {} : { data }), elementsOf }];
  });
}

type Factor = (numbers: readonly (readonly number[])[]) => number;

const magnitude: Factor = (numbers) => product(numbers.flat().map((number) => Math.max(1, Math.abs(number))));

const FACTORS: Readonly<Record<string, Factor>> = {
  // What is added at both ends of each axis.
  Pad: (numbers) => product(numbers.flat().map((number) => 1 + Math.abs(number))),
  Range: ([[start = 0] = [], [limit = 0] = [], [delta = 1] = []]) => Math.max(0, (limit - start) / delta),
};
