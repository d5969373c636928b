/**
 * Puts a model of others between the inputs and the outputs that every model here has, so that whatever serves those serves
 * it: one [rows, 1] a feature, and `label` and `probabilities`, or `value`. Its own nodes and numbers stay as they are.
 */
import {
  dataType,
  encodeModel,
  encodeOpset,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '#engine/onnx/proto.ts';
import { SERVING_PROPERTY, type Serving } from '../serving/description.ts';
import { ADDED, CLASSES, FLAT, INSIDE, node, valueInfo, vector } from './added.ts';
import { beforeImages, type Pixels } from './images.ts';
import { labelNodes, ML_DOMAIN, ML_OPSET } from './label.ts';
import { type Field, field, fieldsOf, message } from './messages.ts';
import type { Reading } from './reading.ts';
import { GRAPH, MODEL, renameGraph } from './rename.ts';
import type { ImportedInput, ZipMap } from './signature.ts';

export interface Wrapping {
  readonly inputs: readonly ImportedInput[];
  readonly serving: Serving;
  readonly reading: Reading;
  /** The version of ai.onnx.ml that the model imports, if it does. */
  readonly mlOpset: number | undefined;
  /** The version of ONNX itself that it imports, if it does. */
  readonly opset: number | undefined;
  /** How a model of images wants bytes. */
  readonly pixels: Pixels | undefined;
}

/** Without the node that makes lists of maps: the tensor of which it makes them is an output instead. */
export function withoutZipMap(bytes: Uint8Array, zipMap: ZipMap | undefined): Uint8Array {
  if (!zipMap) return bytes;
  const output = field(GRAPH.outputs, encodedValue(float32Matrix(zipMap.tensor)));
  return changingGraph(bytes, (graph) => [
    ...graph.flatMap((one) => (isZipMap(one, zipMap) || isNamed(one, GRAPH.outputs, zipMap.output) ? [] : [one.raw])),
    output,
  ]);
}

export function wrap(bytes: Uint8Array, wrapping: Wrapping): Uint8Array {
  const { inputs, serving, mlOpset, opset = OPSET, pixels } = wrapping;
  const [images] = inputs;
  const before = images?.image ? beforeImages(images, images.image, { opset, pixels }) : beforeNodes(inputs, serving);
  const after = afterNodes(wrapping);
  const read = new Set([...before.graph.node, ...after.node].flatMap(({ input }) => input));
  const [added, behind] = [before.graph, after].map((graph) => encodedGraph(graph, read)) as [Field[], Field[]];
  const only = (fields: readonly Field[], numbers: readonly number[]) =>
    fields.flatMap(({ number, raw }) => (numbers.includes(number) ? [raw] : []));
  const own = new Set(inputs.map(({ name }) => INSIDE + name));
  const whole = changingGraph(bytes, (graph) => {
    const renamed = fieldsOf(renameGraph(message(graph.map((one) => one.raw)), INSIDE));
    const kept = renamed.filter(
      (one) => one.number !== GRAPH.outputs && !(one.number === GRAPH.inputs && own.has(nameIn(one))),
    );
    return [
      ...only(added, [GRAPH.nodes]),
      ...kept.map((one) => one.raw),
      ...only(behind, [GRAPH.nodes]),
      ...only(added, [GRAPH.initializers, GRAPH.inputs]),
      ...only(behind, [GRAPH.initializers, GRAPH.outputs]),
    ];
  });
  // A model of Trainyard's own that is imported again has a description already.
  const others = fieldsOf(whole).filter((one) => !isNamed(one, MODEL.properties, SERVING_PROPERTY));
  const property = message([field(1, SERVING_PROPERTY), field(2, JSON.stringify(serving))]);
  const needsOpset = !fieldsOf(bytes).some(isOnnxOpset);
  const needsMl = mlOpset === undefined && after.node.some(({ domain }) => domain === ML_DOMAIN);
  return message([
    ...others.map(({ raw }) => raw),
    field(MODEL.properties, property),
    ...(needsOpset ? [defaultOpset()] : []),
    ...(needsMl ? [field(MODEL.opsets, encodeOpset({ domain: ML_DOMAIN, version: ML_OPSET }))] : []),
  ]);
}

export function changingGraph(
  bytes: Uint8Array,
  change: (graph: readonly Field[]) => readonly Uint8Array[],
): Uint8Array {
  return message(
    fieldsOf(bytes).map(({ number, raw, value }) =>
      number === MODEL.graph && value ? field(number, message(change(fieldsOf(value)))) : raw,
    ),
  );
}

export const nameIn = ({ value = new Uint8Array() }: Field): string =>
  Buffer.from(fieldsOf(value).find(({ number }) => number === 1)?.value ?? []).toString('utf8');

const isNamed = (one: Field, number: number, name: string): boolean => one.number === number && nameIn(one) === name;

/** A node's first output stands in its field 2. */
const isZipMap = ({ number, value }: Field, { output }: ZipMap): boolean =>
  number === GRAPH.nodes &&
  value !== undefined &&
  fieldsOf(value).some((one) => one.number === 2 && Buffer.from(one.value ?? []).toString('utf8') === output);

/** The domain of ONNX itself may be left out or empty. */
const isOnnxOpset = ({ number, value }: Field): boolean => {
  if (number !== MODEL.opsets || !value) return false;
  const domain = Buffer.from(fieldsOf(value).find((one) => one.number === 1)?.value ?? []).toString('utf8');
  return domain === '' || domain === 'ai.onnx';
};

/** Of what is added, where the model imports none. */
export const OPSET = 17;
const defaultOpset = (): Uint8Array => fieldsOf(encodeModel(modelOf({ node: [] }))).find(isOnnxOpset)!.raw;

type Parts = Partial<GraphProto> & Pick<GraphProto, 'node'>;

const modelOf = (graph: Parts) => ({
  ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
  graph: { name: '', initializer: [], input: [], output: [], ...graph },
  opsetImport: [{ domain: '', version: OPSET }],
  metadataProps: [],
});

/**
 * Without the constants that nobody reads: the runtime refuses those in models of an IR version below 4, as CatBoost writes
 * them.
 */
const encodedGraph = ({ initializer = [], ...graph }: Parts, read: ReadonlySet<string>): Field[] => {
  const constants = initializer.filter(({ name = '' }) => read.has(name));
  return fieldsOf(graphIn(encodeModel(modelOf({ ...graph, initializer: constants }))));
};

const graphIn = (model: Uint8Array): Uint8Array => fieldsOf(model).find(({ number }) => number === MODEL.graph)!.value!;
export const encodedValue = (value: ValueInfoProto): Uint8Array =>
  fieldsOf(graphIn(encodeModel(modelOf({ node: [], output: [value] })))).find(({ number }) => number === GRAPH.outputs)!
    .value!;

/** As fields of a graph. */
export const encodedNodes = (nodes: readonly NodeProto[]): Uint8Array[] =>
  fieldsOf(graphIn(encodeModel(modelOf({ node: [...nodes] })))).flatMap(({ number, raw }) =>
    number === GRAPH.nodes ? [raw] : [],
  );

export const encodedInitializers = (initializer: readonly TensorProto[]): Uint8Array[] =>
  fieldsOf(graphIn(encodeModel(modelOf({ node: [], initializer: [...initializer] })))).flatMap(({ number, raw }) =>
    number === GRAPH.initializers ? [raw] : [],
  );

const float32Matrix = (name: string): ValueInfoProto => valueInfo(name, dataType.float32, ['rows', 'classes']);

const isText = ({ elemType }: ImportedInput): boolean => elemType === dataType.string;

/** From a tensor a feature to the model's own inputs. */
function beforeNodes(inputs: readonly ImportedInput[], { features }: Serving) {
  const input = features.map((feature) =>
    valueInfo(feature.input, feature.type === 'category' ? dataType.string : dataType.float64, ['rows', 1]),
  );
  let at = 0;
  const nodes = inputs.flatMap((one): NodeProto[] => {
    const own = features.slice(at, at + one.features.length).map((feature) => feature.input);
    at += one.features.length;
    const joined = `${ADDED}${one.name}/joined`;
    const shaped = `${ADDED}${one.name}/shaped`;
    return [
      node('Concat', own, joined, { axis: 1 }),
      node('Reshape', [joined, one.flat ? FLAT : KEPT], shaped),
      isText(one)
        ? node('Identity', [shaped], INSIDE + one.name)
        : node('Cast', [shaped], INSIDE + one.name, { to: one.elemType }),
    ];
  });
  return { graph: { node: nodes, input, initializer: [vector(FLAT, [-1]), vector(KEPT, [0, 0])] } };
}

/** 0 stands for the dimension as it is. */
const KEPT = `${ADDED}kept`;

/** From the model's own outputs to the answers. */
function afterNodes({ reading, serving: { classes }, mlOpset }: Wrapping): Parts {
  if (reading.task === 'regression') {
    const [flat, value] = [`${ADDED}value/flat`, 'value'];
    return {
      node: [
        node('Reshape', [INSIDE + reading.value, FLAT], flat),
        node('Cast', [flat], value, { to: dataType.float64 }),
      ],
      output: [valueInfo(value, dataType.float64, ['rows'])],
    };
  }
  const { label, scores, scale } = reading;
  const answering = label ? labelNodes(label, mlOpset) : { nodes: highestNodes(), initializer: [] };
  const cast = `${ADDED}scores`;
  const made =
    scale === 'logits'
      ? node('Softmax', [cast], 'probabilities', { axis: 1 })
      : node('Identity', [cast], 'probabilities');
  return {
    node: [node('Cast', [INSIDE + scores], cast, { to: dataType.float32 }), made, ...answering.nodes],
    output: [
      valueInfo('label', dataType.string, ['rows']),
      valueInfo('probabilities', dataType.float32, ['rows', classes.length]),
    ],
    initializer: [
      {
        name: CLASSES,
        dims: [classes.length],
        dataType: dataType.string,
        stringData: classes.map((name) => Buffer.from(name)),
      },
      ...answering.initializer,
    ],
  };
}

function highestNodes(): NodeProto[] {
  const place = `${ADDED}label/place`;
  return [
    node('ArgMax', ['probabilities'], place, { axis: 1, keepdims: 0 }),
    node('Gather', [CLASSES, place], 'label', { axis: 0 }),
  ];
}
