/** Changes the graph of a model's bytes. Whatever is not about the change stays as it stands in the file. */
import { encodeOpset } from './proto.ts';
import { field, fieldsOf } from './wire.ts';

/** Numbers of fields of the format. */
const MODEL_GRAPH = 7;
const MODEL_OPSET = 8;
export const GRAPH_NODE = 1;
export const GRAPH_INITIALIZER = 5;

/** @param domains of operators that the changed graph has beside those of the file */
export function changeGraph(
  model: Uint8Array,
  change: (graph: Uint8Array) => readonly Uint8Array[],
  domains: readonly string[] = [],
): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { number, raw, value } of fieldsOf(model)) {
    if (number === MODEL_GRAPH && value) pieces.push(...field(MODEL_GRAPH, ...change(value)));
    else pieces.push(raw);
  }
  for (const domain of domains) pieces.push(...field(MODEL_OPSET, encodeOpset({ domain, version: 1 })));
  return Buffer.concat(pieces);
}
