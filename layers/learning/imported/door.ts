/**
 * What is put before the image input of a model, so that the rest has to know one kind only: numbers in float32, of as many
 * rows as there are, and of one size. Its own input keeps its type within.
 *
 *     float32 [rows, …] ─ nearest whole number within its range ─ Cast ─▶ uint8 [1, 224, 224, 3]
 */
import {
  dataType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '#engine/onnx/proto.ts';
import { ADDED, node, valueInfo } from './added.ts';
import type { Pixels } from './images.ts';
import { type Field, field } from './messages.ts';
import { GRAPH } from './rename.ts';
import { fixedRows, type ImportedInput, rowShapeOf } from './signature.ts';
import { changingGraph, encodedInitializers, encodedNodes, encodedValue, nameIn, OPSET } from './wrap.ts';

const RANGES: Readonly<Record<number, readonly [least: number, most: number]>> = {
  [dataType.uint8]: [0, 255],
  [dataType.int8]: [-128, 127],
};

/** What models of whole numbers are given of bytes, where nothing else is said: all 256 of them, from the least on. */
export function bytesFor({ elemType }: Pick<ImportedInput, 'elemType'>): Pixels | undefined {
  const range = RANGES[elemType];
  return range && { scale: 1, mean: [range[0] === 0 ? 0 : -range[0]], deviation: [1] };
}

/** From then on Max and Min take a number for all elements. */
const BROADCASTING_OPSET = 8;

interface Behind {
  readonly bytes: Uint8Array;
  readonly graph: GraphProto;
  readonly input: ImportedInput;
  readonly opset: number;
}

/** The model with a door, if it needs one, and what it takes then. */
export function opening({
  inputs,
  opset = OPSET,
  ...of
}: Pick<Behind, 'bytes' | 'graph'> & {
  readonly inputs: readonly ImportedInput[];
  readonly opset: number | undefined;
}) {
  const [input] = inputs;
  if (!input || !needsDoor(input)) return { bytes: of.bytes, inputs };
  const door = withDoor({ ...of, input, opset });
  return { bytes: door.bytes, inputs: [door.input] };
}

const PLAIN = [dataType.float32, dataType.float64];

const needsDoor = ({ elemType, image }: ImportedInput): boolean =>
  image !== undefined && (!PLAIN.some((one) => one === elemType) || image.isSingle || image.isOfAnySize);

/** What to throw where a file says that its model takes one row, and it cannot be given several. */
export function oneRowOnly([input]: readonly ImportedInput[]): Error | undefined {
  return input?.image?.isSingle ? fixedRows(input.title ?? input.name, 1) : undefined;
}

function withDoor({ bytes, graph, input, opset }: Behind): Pick<Behind, 'bytes' | 'input'> {
  const name = `${ADDED}door/${input.name}`;
  const range = opset >= BROADCASTING_OPSET ? RANGES[input.elemType] : undefined;
  const { nodes, initializer } = range ? rounded(name, range) : { nodes: [], initializer: [] };
  const cast = node('Cast', [nodes.at(-1)?.output[0] ?? name], input.name, { to: input.elemType });
  const outputs = new Map(graph.output.map((output) => [output.name, output]));
  const keptOf = (one: Field): readonly Uint8Array[] => {
    if (one.number === GRAPH.inputs && nameIn(one) === input.name) return [];
    // What the file says of shapes within holds for its own number of rows.
    if (one.number === GRAPH.values) return [];
    const output = one.number === GRAPH.outputs ? outputs.get(nameIn(one)) : undefined;
    return [output?.type?.tensorType?.shape ? field(one.number, encodedValue(ofAnyRows(output))) : one.raw];
  };
  const changed = changingGraph(bytes, (fields) => [
    // A node comes after those whose results it takes.
    ...encodedNodes([...nodes, cast]),
    ...fields.flatMap(keptOf),
    ...encodedInitializers(initializer),
    field(GRAPH.inputs, encodedValue(valueInfo(name, dataType.float32, ['rows', ...rowShapeOf(input)]))),
  ]);
  return { bytes: changed, input: { ...input, name, elemType: dataType.float32, title: input.name } };
}

function ofAnyRows({ name, type: { tensorType } }: ValueInfoProto): ValueInfoProto {
  const [, ...others] = tensorType.shape.dim;
  const dim = tensorType.shape.dim.length === 0 ? [] : [{ dimParam: 'rows' }, ...others];
  return { name, type: { tensorType: { ...tensorType, shape: { dim } } } };
}

function rounded(name: string, [least, most]: readonly [number, number]) {
  const called = (what: string) => `${name}/${what}`;
  const number = (what: string, value: number): TensorProto => ({
    name: called(what),
    dims: [],
    dataType: dataType.float32,
    floatData: [value],
  });
  const nodes: NodeProto[] = [
    node('Add', [name, called('half')], called('above')),
    node('Floor', [called('above')], called('whole')),
    node('Max', [called('whole'), called('least')], called('not below')),
    node('Min', [called('not below'), called('most')], called('within')),
  ];
  return { nodes, initializer: [number('half', 0.5), number('least', least), number('most', most)] };
}
