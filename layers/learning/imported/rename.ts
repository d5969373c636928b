/** Gives every value and every node of a graph another name, within all inner graphs as well, and changes nothing else. */
import { type Field, field, fieldsOf, message } from './messages.ts';

/** Field numbers of the public onnx.proto. */
export const MODEL = { graph: 7, opsets: 8, properties: 14, functions: 25 } as const;
export const GRAPH = {
  nodes: 1,
  initializers: 5,
  inputs: 11,
  outputs: 12,
  values: 13,
  quantized: 14,
  sparse: 15,
} as const;
export const NODE = { inputs: 1, outputs: 2, name: 3, attributes: 5 } as const;
const ATTRIBUTE = { graph: 6, graphs: 11 } as const;
const TENSOR_NAME = 8;
const VALUE_NAME = 1;
const SPARSE_VALUES = 1;

/** An empty name stands for an input or output that is not there. */
const prefixed = (prefix: string, { number, raw, value }: Field): Uint8Array =>
  value === undefined || value.length === 0 ? raw : field(number, Buffer.concat([Buffer.from(prefix), value]));

type Rule = (value: Uint8Array, prefix: string) => Uint8Array;

/** Changes the fields of a message for which there is a rule. */
const changing =
  (rules: Readonly<Record<number, Rule | 'name'>>): Rule =>
  (value, prefix) =>
    message(
      fieldsOf(value).map((one) => {
        const rule = rules[one.number];
        if (rule === undefined || one.value === undefined) return one.raw;
        return rule === 'name' ? prefixed(prefix, one) : field(one.number, rule(one.value, prefix));
      }),
    );

export const renameValue = changing({ [VALUE_NAME]: 'name' });
export const renameTensor = changing({ [TENSOR_NAME]: 'name' });
const renameSparse = changing({ [SPARSE_VALUES]: renameTensor });
const renameAttribute = changing({
  [ATTRIBUTE.graph]: (graph, prefix) => renameGraph(graph, prefix),
  [ATTRIBUTE.graphs]: (graph, prefix) => renameGraph(graph, prefix),
});
const renameNode = changing({
  [NODE.inputs]: 'name',
  [NODE.outputs]: 'name',
  [NODE.name]: 'name',
  [NODE.attributes]: renameAttribute,
});

export const renameGraph: Rule = changing({
  [GRAPH.nodes]: renameNode,
  [GRAPH.initializers]: renameTensor,
  [GRAPH.inputs]: renameValue,
  [GRAPH.outputs]: renameValue,
  [GRAPH.values]: renameValue,
  [GRAPH.quantized]: renameValue,
  [GRAPH.sparse]: renameSparse,
});
