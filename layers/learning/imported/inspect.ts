/** What a model of others has, and whether it can be served. Nothing of it is run here. */
import { ValidationError } from '#domain/errors.ts';
import { findOutside } from '#engine/onnx/outside.ts';
import {
  dataType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  parseModel,
  type TensorProto,
} from '#engine/onnx/proto.ts';
import { findDataShape, graphsOf } from './data-shapes.ts';
import { fieldsOf } from './messages.ts';
import { MODEL } from './rename.ts';

/** What the runtime reads. */
const MOST = { irVersion: 13, opset: { '': 26, 'ai.onnx.ml': 5 } } as const;
const LEAST_IR_VERSION = 3;
/** It may run for ever. */
const REFUSED = ['Loop'];
/** A constant of more elements is given by few bytes only to fill the memory. */
const MOST_FILLED = 2 ** 27;
/** The runtime resolves and optimises a graph in time that grows with the square of them: of 50,000, more than a minute. */
const MOST_OPERATORS = 10_000;
const FILLING = ['ConstantOfShape', 'Expand', 'Tile'];

const isStandard = (domain: string): domain is keyof typeof MOST.opset => domain in MOST.opset;
const named = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** @throws ValidationError of `file`, naming what cannot be served */
export function inspect(bytes: Uint8Array): ModelProto {
  const model = parse(bytes);
  const { irVersion } = model;
  if (irVersion < LEAST_IR_VERSION || irVersion > MOST.irVersion)
    throw refused(`its IR version must be between ${LEAST_IR_VERSION} and ${MOST.irVersion}; got ${irVersion}`);
  for (const { domain = '', version } of model.opsetImport) {
    const name = named(domain);
    if (!isStandard(name)) continue;
    if (version > MOST.opset[name])
      throw refused(`its opset of ${name || 'ai.onnx'} must be at most ${MOST.opset[name]}; got ${version}`);
  }
  if (fieldsOf(bytes).some(({ number }) => number === MODEL.functions))
    throw refused('it defines functions of its own, which cannot be served: export it with them inlined');
  const operators = countOperators(model.graph);
  if (operators > MOST_OPERATORS) throw refused(`it must have at most ${MOST_OPERATORS} operators; got ${operators}`);
  expectServed(model.graph);
  const unbounded = findDataShape(model.graph);
  if (unbounded)
    throw refused(
      `${titleOf(unbounded.node)} cannot be served: how many elements it makes depends on the values in a row, by its input '${unbounded.input}'`,
    );
  return model;
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    expectInside(bytes);
    const model = parseModel(bytes);
    if (model.graph && model.opsetImport.length > 0) return model;
  } catch (error) {
    if (error instanceof ValidationError) throw error;
    // The parser's message is about its own bytes.
  }
  throw refused('it must be an ONNX model: it has no graph or no opset');
}

export function titleOf({ name, opType, domain }: NodeProto): string {
  const of = named(domain ?? '');
  return `operator ${of === '' ? '' : `${of}.`}${opType}${name ? ` of node '${name}'` : ''}`;
}

/** With those of the graphs within. */
const countOperators = ({ node: nodes }: GraphProto): number =>
  nodes.reduce((sum, node) => graphsOf(node).reduce((inner, graph) => inner + countOperators(graph), sum + 1), 0);

function expectServed({ node: nodes, initializer: initializers }: GraphProto): void {
  const byName = new Map([
    ...initializers.map((one) => [one.name ?? '', one] as const),
    ...nodes.flatMap(({ attribute, output }) => attribute.flatMap(({ t }) => (t ? [[output[0]!, t] as const] : []))),
  ]);
  for (const node of nodes) {
    const domain = named(node.domain ?? '');
    const about = titleOf(node);
    if (!isStandard(domain)) throw refused(`${about} cannot be served: served are those of ai.onnx and ai.onnx.ml`);
    if (REFUSED.includes(node.opType)) throw refused(`${about} cannot be served: it may never end`);
    if (FILLING.includes(node.opType)) {
      const elements = sizeIn(
        node.opType === 'ConstantOfShape' ? byName.get(node.input[0]!) : byName.get(node.input[1]!),
      );
      if (elements > MOST_FILLED)
        throw refused(`${about} cannot be served: it makes ${elements} elements; at most ${MOST_FILLED} are`);
    }
    for (const graph of graphsOf(node)) expectServed(graph);
  }
}

/** The product of the numbers in a shape; 0 where it is computed. */
function sizeIn(shape: TensorProto | undefined): number {
  if (!shape || shape.dataType !== dataType.int64) return 0;
  const { rawData, int64Data = [] } = shape;
  const raw = rawData?.length ? Buffer.from(rawData) : undefined;
  const dims = raw
    ? Array.from({ length: Math.floor(raw.length / 8) }, (_, i) => Number(raw.readBigInt64LE(8 * i)))
    : int64Data.map(Number);
  return dims.reduce((product, dim) => product * Math.max(1, dim), 1);
}

/** Also where only the runtime would read it: sparse tensors, lists of tensors, functions. */
function expectInside(bytes: Uint8Array): void {
  for (const { name, locations } of findOutside(bytes)) {
    const where = locations.map((one) => ` (${JSON.stringify(one)})`).join('');
    throw refused(`tensor '${name}' has its numbers in another file${where}: save the model as one file`);
  }
}

export const refused = (message: string): ValidationError => ValidationError.of('file', message);
