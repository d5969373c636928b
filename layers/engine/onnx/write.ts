import { bytesOf } from '../elements.ts';
import { type Graph, type Node, topological, type Value } from '../graph.ts';
import type { Tensor } from '../tensor.ts';
import { scalar, tensor } from '../tensor.ts';
import type { DType, Type } from '../type.ts';
import { OnnxError } from './decode.ts';
import type { ExternalWeights } from './external.ts';
import {
  type AttributeProto,
  attributeType,
  dataType,
  encodeModel,
  type GraphProto,
  MAX_MODEL_BYTES,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.ts';

/** Later opsets lack CUDA kernels for some operators. */
export const OPSET = 18;
export const ML_OPSET = 3;
const IR_VERSION = 8;

/** The domain of the operators on strings and categories. */
export const ML_DOMAIN = 'ai.onnx.ml';

export interface ModelMeta {
  readonly producer: string;
  readonly producerVersion?: string;
  /** Free text, for people. */
  readonly doc?: string;
  /** Free key-value pairs, for programs. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** An attribute's value; what it becomes in the file is said, not guessed, since 1 may be an int or a float. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly graph: GraphProto };

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  readonly place?: string;
}

/** What all graphs of a file share: the next free number, constants that lie beside the file, bytes of the others. */
interface Supply {
  next: number;
  inside: number;
  readonly weights?: ExternalWeights;
}

/** Writes one graph; inner graphs get a writer of their own that shares the supply of names. */
export class OnnxWriter {
  readonly #names = new Map<Value, string>();
  readonly #nodes: NodeProto[];
  readonly #initializers: TensorProto[];
  readonly #supply: Supply;
  readonly #ints = new Map<string, string>();
  readonly #used = new Set<Value>();

  /** @param among the writer among whose nodes to write; a list of its own if absent */
  constructor(supply: Supply = { next: 0, inside: 0 }, among?: OnnxWriter) {
    this.#supply = supply;
    this.#nodes = among ? among.#nodes : [];
    this.#initializers = among ? among.#initializers : [];
  }

  /** A name that no other value of the file has. */
  fresh(hint: string): string {
    return `${hint}.${this.#supply.next++}`;
  }

  /** The name under which the value was or will be written. */
  name(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    if (value.node === null) throw new Error(`graph uses '${value.name}', which is not one of its inputs`);
    const name = this.fresh(value.node.op.name);
    this.#names.set(value, name);
    return name;
  }

  /** Whether the graph being written reads the value or returns it. */
  uses(value: Value): boolean {
    return this.#used.has(value);
  }

  /** Makes `name` the value's name. */
  alias(value: Value, name: string): void {
    this.#names.set(value, name);
  }

  /** Writes a constant and returns its name. */
  initializer(value: Tensor): string {
    const name = this.fresh('const');
    const proto = tensorProto(name, value);
    const externalData = proto.rawData && this.#supply.weights?.take(proto.rawData);
    if (externalData) {
      const { rawData: _, ...rest } = proto;
      this.#initializers.push({ ...rest, externalData, dataLocation: 1 });
      return name;
    }
    this.#initializers.push(proto);
    this.#supply.inside += proto.rawData?.byteLength ?? 0;
    if (this.#supply.inside > MAX_MODEL_BYTES)
      throw new OnnxError(
        `a model must have at most ${MAX_MODEL_BYTES} bytes of weights inside; got ${this.#supply.inside} and more: write it to a file, which puts them beside it`,
      );
    return name;
  }

  /**
   * Writes a vector of integers (axes, shapes, pads) once, and returns its name. The runtime merges equal nodes only if they
   * read constants of the same name.
   */
  ints(values: readonly number[]): string {
    const key = values.join();
    const known = this.#ints.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(tensor('int64', [values.length], BigInt64Array.from(values, BigInt)));
    this.#ints.set(key, name);
    return name;
  }

  /** Writes a scalar and returns its name. */
  number(dtype: DType, value: number): string {
    return this.initializer(scalar(dtype, value));
  }

  /** Writes one ONNX node and returns the name of its first output. */
  node(opType: string, input: readonly string[], output: readonly string[], options: NodeOptions = {}): string {
    const { attributes = {}, domain = '', place = '' } = options;
    this.#nodes.push({
      name: this.fresh(place === '' ? opType : `${place}/${opType}`),
      opType,
      domain,
      input: [...input],
      output: [...output],
      attribute: Object.entries(attributes).map(([name, attribute]) => attributeProto(name, attribute)),
    });
    return output[0] ?? '';
  }

  /** Writes an intermediate step of a node that becomes several, and returns its output's name. */
  step(opType: string, input: readonly string[], options: NodeOptions = {}): string {
    return this.node(opType, input, [this.fresh(opType)], options);
  }

  /** Writes the graph node as the ONNX node `opType` over the same inputs, then `extra` inputs. */
  same(
    n: Node,
    opType: string,
    attributes: Readonly<Record<string, Attribute>> = {},
    extra: readonly string[] = [],
  ): void {
    const inputs = [...n.inputs.map((input) => this.name(input)), ...extra];
    this.node(
      opType,
      inputs,
      n.outputs.map((output) => this.name(output)),
      { attributes, place: n.place },
    );
  }

  /** An inner graph whose first `captured.length` inputs are values of this graph and the others its own. */
  inner(graph: Graph, captured: readonly Value[]): GraphProto {
    const writer = new OnnxWriter(this.#supply);
    for (const [i, value] of captured.entries()) writer.alias(graph.inputs[i]!, this.name(value));
    const own = graph.inputs.slice(captured.length);
    for (const input of own) writer.alias(input, this.fresh('in'));
    return writer.graph(
      graph,
      own,
      graph.outputs.map(() => this.fresh('out')),
    );
  }

  /** Writes a graph's nodes among this graph's own, between values of this graph. */
  inline(graph: Graph, inputs: readonly Value[], outputs: readonly Value[]): void {
    const writer = new OnnxWriter(this.#supply, this);
    for (const [i, input] of inputs.entries()) writer.alias(graph.inputs[i]!, this.name(input));
    writer.graph(
      graph,
      [],
      outputs.map((output) => this.name(output)),
    );
  }

  /** Writes all nodes of a graph whose inputs have names already. */
  graph(graph: Graph, inputs: readonly Value[], outputNames: readonly string[]): GraphProto {
    const claimed = new Set<string>();
    for (const [i, value] of graph.outputs.entries()) {
      // A computed value may take its output's name; anything else is copied below.
      if (value.node === null || value.node.op.name === 'Constant' || this.#names.has(value)) continue;
      this.alias(value, outputNames[i]!);
      claimed.add(outputNames[i]!);
    }
    const nodes = topological(graph.outputs);
    for (const value of [...graph.outputs, ...nodes.flatMap((n) => n.inputs)]) this.#used.add(value);
    for (const n of nodes) {
      if (n.op.emit) n.op.emit(this, n);
      else this.same(n, n.op.name);
    }
    for (const [i, value] of graph.outputs.entries()) {
      const name = outputNames[i]!;
      if (!claimed.has(name)) this.node('Identity', [this.name(value)], [name]);
    }
    return {
      name: graph.name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: inputs.map((input) => valueInfo(this.name(input), input.type)),
      output: graph.outputs.map((value, i) => valueInfo(outputNames[i]!, value.type)),
    };
  }
}

/**
 * The graph as the bytes of a `.onnx` file; inputs and outputs keep their names.
 * @param weights takes in the constants that are to lie beside the file
 * @throws OnnxError if the others are more than a file can hold
 */
export function writeModel(graph: Graph, meta: ModelMeta, weights?: ExternalWeights): Uint8Array {
  const writer = new OnnxWriter({ next: 0, inside: 0, ...(weights ? { weights } : {}) });
  for (const input of graph.inputs) writer.alias(input, input.name);
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: meta.producer,
    producerVersion: meta.producerVersion ?? '',
    domain: '',
    modelVersion: 1,
    docString: meta.doc ?? '',
    graph: writer.graph(graph, graph.inputs, graph.outputNames),
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: ML_DOMAIN, version: ML_OPSET },
    ],
    metadataProps: Object.entries(meta.properties ?? {}).map(([key, value]) => ({ key, value })),
  });
}

function valueInfo(name: string, { dtype, shape }: Type): ValueInfoProto {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: dataType[dtype], shape: { dim } } } };
}

function tensorProto(name: string, t: Tensor): TensorProto {
  const proto = { name, dims: [...t.shape], dataType: dataType[t.dtype] };
  if (t.dtype === 'string') return { ...proto, stringData: t.data.map(utf8) };
  return { ...proto, rawData: bytesOf(t) };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function attributeProto(name: string, a: Attribute): AttributeProto {
  if ('int' in a) return { name, type: attributeType.int, i: a.int };
  if ('float' in a) return { name, type: attributeType.float, f: a.float };
  if ('string' in a) return { name, type: attributeType.string, s: utf8(a.string) };
  if ('ints' in a) return { name, type: attributeType.ints, ints: [...a.ints] };
  if ('floats' in a) return { name, type: attributeType.floats, floats: [...a.floats] };
  if ('strings' in a) return { name, type: attributeType.strings, strings: a.strings.map(utf8) };
  return { name, type: attributeType.graph, g: a.graph };
}
