/**
 * Tensors whose data a model says to be in another file. The runtime reads such a file relative to the folder that the
 * process runs in, so a model that comes as bytes, maybe from anyone, must have none. Read from the fields as they stand:
 * a parser that knows fewer messages than the runtime would miss what it does not know.
 */
import { OnnxError } from './decode.ts';
import { Fields } from './wire.ts';

export interface OutsideTensor {
  /** As the model calls it; empty if it has no name. */
  readonly name: string;
  /** Every file that is named; none where the model only says that the data are elsewhere. */
  readonly locations: readonly string[];
}

/** Field numbers of the public onnx.proto: every place from which a tensor can be reached. */
const MESSAGES = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
} as const satisfies Readonly<Record<string, Readonly<Record<number, string>>>>;
const TENSOR = { name: 8, externalData: 13, dataLocation: 14 } as const;
const ENTRY = { key: 1, value: 2 } as const;

/** Of which a message has one. A parser joins those that come again, or takes the last. */
const SINGULAR: Readonly<Partial<Record<keyof typeof MESSAGES, readonly number[]>>> = {
  model: [7],
  training: [1, 2],
  attribute: [5, 6, 22],
  sparse: [1, 2],
};

/** As deep as the parser of the runtime goes. */
const MOST_DEPTH = 100;

type Message = keyof typeof MESSAGES;

/** @throws OnnxError if the bytes are no model */
export function findOutside(model: Uint8Array): readonly OutsideTensor[] {
  const found: OutsideTensor[] = [];
  visit(model, 'model', { from: 0, end: model.length }, 0, found);
  return found;
}

interface Part {
  readonly from: number;
  readonly end: number;
}

function visit(bytes: Uint8Array, message: Message, { from, end }: Part, depth: number, found: OutsideTensor[]): void {
  if (depth > MOST_DEPTH) throw new OnnxError(`not an ONNX model: it is nested deeper than ${MOST_DEPTH} messages`);
  const inner: Readonly<Record<number, Message | 'tensor'>> = MESSAGES[message];
  const singular = SINGULAR[message];
  const seen = new Set<number>();
  const fields = new Fields(bytes, from, end);
  while (fields.next()) {
    const { number, hasBytes, start } = fields;
    const next = inner[number];
    if (next === undefined) continue;
    if (!hasBytes || seen.has(number))
      throw new OnnxError(`not an ONNX model: no field ${number} of a ${message} at byte ${start}`);
    if (singular?.includes(number)) seen.add(number);
    if (next === 'tensor') visitTensor(bytes, fields, found);
    else visit(bytes, next, fields, depth + 1, found);
  }
}

/** A field that occurs again counts each time, whichever of them a parser takes. */
function visitTensor(bytes: Uint8Array, { from, end }: Part, found: OutsideTensor[]): void {
  let name: Part | undefined;
  let isOutside = false;
  const locations: string[] = [];
  const fields = new Fields(bytes, from, end);
  while (fields.next()) {
    const { number, hasBytes } = fields;
    if (number === TENSOR.name && hasBytes) name = { from: fields.from, end: fields.end };
    if (number === TENSOR.externalData && hasBytes) {
      isOutside = true;
      locations.push(...locationsIn(bytes, fields));
    }
    // Any number but 0, in however many bytes.
    if (number === TENSOR.dataLocation && bytes.subarray(fields.from, fields.end).some((byte) => (byte & 0x7f) !== 0))
      isOutside = true;
  }
  if (isOutside) found.push({ name: name ? textOf(bytes, name) : '', locations });
}

function locationsIn(bytes: Uint8Array, { from, end }: Part): string[] {
  const keys: string[] = [];
  const values: string[] = [];
  const fields = new Fields(bytes, from, end);
  while (fields.next()) {
    if (fields.number === ENTRY.key && fields.hasBytes) keys.push(textOf(bytes, fields));
    if (fields.number === ENTRY.value && fields.hasBytes) values.push(textOf(bytes, fields));
  }
  return keys.includes('location') ? values : [];
}

const textOf = (bytes: Uint8Array, { from, end }: Part): string =>
  Buffer.from(bytes.subarray(from, end)).toString('utf8');
