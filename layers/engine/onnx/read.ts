import type { Builder, Value } from '../graph.ts';
import { expand, expandTo } from '../ops/movement.ts';
import { zeros } from '../random.ts';
import { filled, type Tensor, type Tensors, tensorFrom, toNumbers } from '../tensor.ts';
import type { Network, Values } from '../training/network.ts';
import { isInteger, isStatic, sizeOf, type Type } from '../type.ts';
import { Attributes, decodeTensor, decodeType, type ExternalData, OnnxError, widened } from './decode.ts';
import { type GraphProto, type NodeProto, parseModel, type TensorProto } from './proto.ts';
import { type Known, NodeContext, type Rules } from './rule.ts';
import { basicRules, readConstant } from './rules-basic.ts';
import { controlRules, type InnerBuild, type Scope } from './rules-control.ts';
import { layerRules } from './rules-layer.ts';
import { knownRules, shapeRules } from './rules-shape.ts';
import { expectAllRead } from './unread.ts';

/** Opsets whose operators are read as they are meant. */
const READ_OPSETS = { least: 13, most: 21 } as const;

/** Integers with more elements than a shape could have are data. */
const KNOWN_LIMIT = 64;

const rules: Rules = { ...basicRules, ...shapeRules, ...layerRules };

/** A model from a file: a function from inputs and parameters to outputs. */
export interface OnnxModel {
  /** What the file says of its inputs; `build` takes other dimensions where the graph does. */
  readonly inputs: Readonly<Record<string, Type>>;
  readonly outputNames: readonly string[];
  /**
   * The float32 initialisers by name: weights, running statistics, and whatever else is a number. What the file has in
   * 16 bits is read as float32, initialisers and the rest; `precision` makes 16 bits of it again.
   */
  readonly parameters: Tensors;
  /**
   * The graph as nodes of another: outputs by name. Where the file computes a shape by multiplying a dimension, as
   * attention does with its batch, that dimension must be a number.
   * @throws OnnxError or ShapeError naming the node
   */
  build(b: Builder, inputs: Values, parameters: Values): Values;
}

/**
 * Reads the bytes of a `.onnx` file.
 * @param external reads the files beside it that hold weights, by their names in the model
 * @throws OnnxError if it is no model, of an opset that is not read, or has an operator that is not
 */
export function readModel(bytes: Uint8Array, external?: ExternalData): OnnxModel {
  const model = parse(bytes);
  const opset = model.opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset < READ_OPSETS.least || opset > READ_OPSETS.most)
    throw new OnnxError(`opset must be between ${READ_OPSETS.least} and ${READ_OPSETS.most}; got ${opset}`);
  const { graph } = model;
  expectOperators(graph);
  const initializers = initializersOf(graph, external);
  const inputs = graph.input.filter(({ name }) => !initializers.has(name));
  const weights = [...initializers].filter(([, { dtype }]) => dtype === 'float32');
  return {
    inputs: Object.fromEntries(inputs.map((input) => [input.name, decodeType(input)])),
    outputNames: graph.output.map(({ name }) => name),
    parameters: Object.fromEntries(weights),
    build: (b, values, parameters) => {
      const given = new Map(Object.entries({ ...values, ...parameters }));
      const outputs = buildGraph(b, { graph, opset, initializers }, { values: given, known: new Map() });
      return Object.fromEntries(graph.output.map(({ name }, i) => [name, outputs[i]!]));
    },
  };
}

/** ConstantOfShape: one number, 0 if absent, everywhere. */
function repeated(c: NodeContext, value: Tensor | undefined): Value {
  const shape = c.dims(0);
  const [number = 0] = value ? toNumbers(value) : [];
  const one = c.b.scalar(value?.dtype ?? 'float32', number);
  if (!isStatic(shape)) return expandTo(c.b, one, shape, c.input(0));
  // A large one is made when the graph runs: a file of a few bytes must not take gigabytes here.
  if (sizeOf(shape) > KNOWN_LIMIT) return expand(c.b, one, shape);
  return c.b.constant(filled(one.type.dtype, shape, number));
}

const constants: Readonly<Record<string, (c: NodeContext, value: Tensor | undefined) => Value>> = {
  Constant: readConstant,
  ConstantOfShape: repeated,
};

const operators: ReadonlySet<string> = new Set([rules, controlRules, constants].flatMap(Object.keys));

/** @throws OnnxError if an operator, of an inner graph too, is not read */
function expectOperators({ node: nodes }: GraphProto): void {
  for (const [i, node] of nodes.entries()) {
    const isOnnx = (node.domain ?? '') === '' || node.domain === 'ai.onnx';
    const name = isOnnx ? node.opType : `${node.domain}.${node.opType}`;
    if (!isOnnx || !operators.has(node.opType))
      throw new OnnxError(`operator ${name} of ${placeOf(node, i)} is not read`);
    for (const { g } of node.attribute) if (g) expectOperators(g);
  }
}

function initializersOf({ initializer }: GraphProto, external?: ExternalData): ReadonlyMap<string, Tensor> {
  const decoded = (proto: TensorProto) => widened(decodeTensor(proto, `initialiser '${proto.name}'`, external));
  return new Map(initializer.map((proto) => [proto.name ?? '', decoded(proto)]));
}

function parse(bytes: Uint8Array) {
  try {
    const model = parseModel(bytes);
    if (model.graph && model.opsetImport.length > 0) return model;
  } catch (error) {
    throw new OnnxError(`not an ONNX model: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  throw new OnnxError('not an ONNX model: it has no graph or no opset');
}

interface Source {
  readonly graph: GraphProto;
  readonly opset: number;
  readonly initializers: ReadonlyMap<string, Tensor>;
}

function buildGraph(b: Builder, { graph, opset, initializers }: Source, outer: Scope): readonly Value[] {
  const values = new Map(outer.values);
  const known = new Map(outer.known);
  const inner: InnerBuild = (b, graph, scope) =>
    buildGraph(b, { graph, opset, initializers: initializersOf(graph) }, scope);
  for (const [name, tensor] of initializers) {
    if (!values.has(name)) values.set(name, b.constant(tensor));
    note(known, name, tensor);
  }
  for (const [i, node] of graph.node.entries())
    b.at(placeOf(node, i), () => {
      const attributes = new Attributes(node);
      const inputs = node.input.map((name) => {
        if (name === '') return undefined;
        const value = values.get(name);
        if (!value)
          throw new OnnxError(
            `${node.opType} of ${placeOf(node, i)} reads '${name}', which nothing before it makes: nodes must come after those whose results they read`,
          );
        return value;
      });
      const context = new NodeContext(
        b,
        { opType: node.opType, attributes, opset, outputs: node.output.filter((name) => name !== '').length },
        inputs,
        node.input.map((name) => known.get(name)),
      );
      const made = read(context, () => {
        const control = controlRules[node.opType]?.(context, { values, known }, inner);
        const all = control?.map((value): Result => ({ value })) ?? results(context);
        expectAllRead(context);
        return all;
      });
      for (const [at, { value, fact }] of made.entries()) {
        const name = node.output[at];
        if (name === undefined) continue;
        values.set(name, value);
        if (fact) known.set(name, fact);
      }
    });
  return graph.output.map(({ name }) => {
    const value = values.get(name);
    if (!value) throw new OnnxError(`output '${name}' is made by no node`);
    return value;
  });
}

/** What JavaScript itself refuses, such as an array of 10¹² numbers, is the file's fault as well. */
function read<T>(c: NodeContext, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw c.error(`cannot be read: ${error.message}`, error);
  }
}

interface Result {
  readonly value: Value;
  readonly fact?: Known | undefined;
}

function results(c: NodeContext): readonly Result[] {
  const constant = constants[c.opType];
  if (constant) {
    const proto = c.attributes.tensor('value');
    const value = constant(c, proto && widened(decodeTensor(proto, c.b.place)));
    return [{ value, fact: factOf(value) }];
  }
  const fact = knownRules[c.opType]?.(c);
  if (fact?.values.every((dim) => typeof dim === 'number')) {
    const shape = fact.scalar ? [] : [fact.values.length];
    const { dtype } = c.input(0).type;
    const keeps = isInteger(dtype) && c.opType !== 'Shape' && c.opType !== 'Cast';
    return [{ value: c.b.constant(tensorFrom(keeps ? dtype : 'int64', shape, fact.values)), fact }];
  }
  const made = rules[c.opType]!(c);
  const list = 'type' in made ? [made] : made;
  return list.map((value, i) => ({ value, fact: i === 0 ? fact : undefined }));
}

function factOf(value: Value): Known | undefined {
  const facts = new Map<string, Known>();
  // The attributes of a Constant are its tensor.
  if (value.node?.op.name === 'Constant') note(facts, '', value.node.attrs as Tensor);
  return facts.get('');
}

function note(known: Map<string, Known>, name: string, tensor: Tensor): void {
  if (!isInteger(tensor.dtype) || tensor.shape.length > 1 || sizeOf(tensor.shape) > KNOWN_LIMIT) return;
  known.set(name, { values: toNumbers(tensor), scalar: tensor.shape.length === 0 });
}

function placeOf(node: NodeProto, i: number): string {
  return node.name ? `node '${node.name}'` : `node ${i}`;
}

/**
 * A model of one input and one output as a network to fine-tune; its weights are `model.parameters`, which go into
 * `initialState`. Dropout passes everything on, and batch normalisation keeps the statistics of the file.
 * @param trains which parameters train, by name
 * @throws OnnxError if the model has several inputs or outputs
 */
export function networkOf(model: OnnxModel, trains: (name: string) => boolean): Network {
  const [input, ...others] = Object.keys(model.inputs);
  if (input === undefined || others.length > 0)
    throw new OnnxError(`a network wants a model of one input; got ${[input, ...others].join(', ')}`);
  const [output, ...more] = model.outputNames;
  if (output === undefined || more.length > 0)
    throw new OnnxError(`a network wants a model of one output; got ${model.outputNames.join(', ')}`);
  return {
    parameters: Object.entries(model.parameters).map(([name, { shape }]) => ({
      name,
      shape,
      initializer: zeros,
      decay: shape.length > 1,
      trainable: trains(name),
    })),
    forward: (b, parameters, x) => model.build(b, { [input]: x }, parameters)[output]!,
  };
}
