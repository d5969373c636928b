import { type FixedDType, tensorOver } from '../elements.ts';
import { fromHalfBits } from '../half.ts';
import { type Tensor, tensor, tensorFrom } from '../tensor.ts';
import { bytesPerElement, type DType, isHalf, sizeOf, type Type } from '../type.ts';
import {
  type AttributeProto,
  attributeType,
  dataType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type TensorTypeProto,
  type ValueInfoProto,
} from './proto.ts';

/** A model cannot be read; the message says where and why. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
}

/** Bytes of a file beside the model, by the name that the model has for it. */
export type ExternalData = (location: string, offset: number, length: number) => Uint8Array;

const dtypes = new Map<number, DType>(Object.entries(dataType).map(([name, code]) => [code, name as DType]));

/** @throws OnnxError for element types that the engine does not have */
export function dtypeOf(code: number, where: string): DType {
  const dtype = dtypes.get(code);
  if (dtype) return dtype;
  throw new OnnxError(
    `${where} has element type ${code}; read are ${[...dtypes].map(([n, name]) => `${name} (${n})`).join(', ')}`,
  );
}

/** What a type is read as: see `widened`. */
export function widenedType(dtype: DType): DType {
  return isHalf(dtype) ? 'float32' : dtype;
}

/** @throws OnnxError if the tensor is not of a known type, or its bytes are missing or too few */
export function decodeTensor(proto: TensorProto, where: string, external?: ExternalData): Tensor {
  const dtype = dtypeOf(proto.dataType, where);
  const shape = proto.dims.map(Number);
  const size = sizeOf(shape);
  if (!shape.every((dim) => dim >= 0) || !Number.isSafeInteger(size))
    throw new OnnxError(`${where} must have a shape of numbers from 0; got [${shape}]`);
  if (dtype === 'string') {
    const texts = (proto.stringData ?? []).map((text) => new TextDecoder().decode(text));
    return tensor('string', shape, expectCount(texts, shape, where));
  }
  const wanted = size * bytesPerElement[dtype];
  const raw = proto.dataLocation === 1 ? externalBytes(proto, where, wanted, external) : proto.rawData;
  if (raw && raw.byteLength > 0) return fromBytes(dtype, shape, raw, where);
  const listed = {
    float32: proto.floatData,
    float64: proto.doubleData,
    int64: proto.int64Data,
    int32: proto.int32Data,
    bool: proto.int32Data,
    float16: proto.int32Data,
    bfloat16: proto.int32Data,
  };
  const values = expectCount(listed[dtype] ?? [], shape, where);
  // 16-bit floats are listed by their bits.
  return isHalf(dtype) ? tensor(dtype, shape, Uint16Array.from(values)) : tensorFrom(dtype, shape, values);
}

function expectCount<T>(values: readonly T[], shape: readonly number[], where: string): readonly T[] {
  const size = sizeOf(shape);
  if (values.length === size) return values;
  throw new OnnxError(`${where} has ${values.length} values for shape [${shape}]; wanted ${size}`);
}

function externalBytes(
  proto: TensorProto,
  where: string,
  wanted: number,
  external: ExternalData | undefined,
): Uint8Array {
  const entries = Object.fromEntries((proto.externalData ?? []).map(({ key, value }) => [key, value]));
  if (!external || entries.location === undefined)
    throw new OnnxError(`${where} lies in file '${entries.location}', which was not given`);
  const offset = Number(entries.offset ?? 0);
  const length = entries.length === undefined ? wanted : Number(entries.length);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new OnnxError(`${where} must start at a position of its file; got offset ${entries.offset}`);
  // Before anything is read: a model may say what it likes.
  if (length !== wanted)
    throw new OnnxError(`${where} must have ${wanted} bytes of external data; got ${entries.length}`);
  return external(entries.location, offset, length);
}

function fromBytes(dtype: FixedDType, shape: number[], raw: Uint8Array, where: string): Tensor {
  const wanted = sizeOf(shape) * bytesPerElement[dtype];
  if (raw.byteLength !== wanted)
    throw new OnnxError(`${where} has ${raw.byteLength} bytes for ${dtype}[${shape}]; wanted ${wanted}`);
  // The tensor may be kept for long, and shall not keep a whole file for that.
  return tensorOver(dtype, shape, raw.byteLength === raw.buffer.byteLength ? raw : Uint8Array.from(raw));
}

/** A half-precision tensor as float32, exactly, and others as they are: what is read is trained in float32. */
export function widened(t: Tensor): Tensor {
  if (t.dtype !== 'float16' && t.dtype !== 'bfloat16') return t;
  return tensor(
    'float32',
    t.shape,
    Float32Array.from(t.data, (bits) => fromHalfBits(t.dtype, bits)),
  );
}

/**
 * The type of a graph's input; a dimension without size or name gets one of its own.
 * @throws OnnxError if it is no tensor, or one of unknown rank
 */
export function decodeType({ name, type }: ValueInfoProto): Type {
  const { elemType, shape }: Partial<TensorTypeProto> = type?.tensorType ?? {};
  if (elemType === undefined || !shape) throw new OnnxError(`input '${name}' must be a tensor of known rank`);
  const dims = shape.dim.map(({ dimValue, dimParam }, axis) => {
    if (dimParam !== undefined && dimParam !== '') return dimParam;
    return dimValue ?? `${name}.${axis}`;
  });
  return { dtype: widenedType(dtypeOf(elemType, `input '${name}'`)), shape: dims };
}

/** A node's attributes, with the defaults of the format; it remembers which were asked for. */
export class Attributes {
  readonly #byName: ReadonlyMap<string, AttributeProto>;
  readonly #read = new Set<string>();

  constructor(node: NodeProto) {
    this.#byName = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  }

  int(name: string, absent: number): number {
    const attribute = this.#get(name, 'int');
    return attribute ? Number(attribute.i ?? 0) : absent;
  }

  float(name: string, absent: number): number {
    const attribute = this.#get(name, 'float');
    return attribute ? (attribute.f ?? 0) : absent;
  }

  string(name: string, absent: string): string {
    const attribute = this.#get(name, 'string');
    return attribute ? text(attribute.s) : absent;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#get(name, 'ints')?.ints?.map(Number);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name, 'floats')?.floats;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#get(name, 'strings')?.strings?.map(text);
  }

  tensor(name: string): TensorProto | undefined {
    return this.#get(name, 'tensor')?.t;
  }

  graph(name: string): GraphProto | undefined {
    return this.#get(name, 'graph')?.g;
  }

  has(name: string): boolean {
    this.#read.add(name);
    return this.#byName.has(name);
  }

  /** The attributes that nobody has asked for, as a message shows them. */
  unread(): readonly { readonly name: string; readonly value: string }[] {
    const left = [...this.#byName.values()].filter(({ name }) => !this.#read.has(name));
    return left.map((attribute) => ({ name: attribute.name, value: shown(attribute) }));
  }

  /** @throws TypeError if the attribute is of another type: a number asked for by its integer would be 0 */
  #get(name: string, wanted: keyof typeof attributeType): AttributeProto | undefined {
    this.#read.add(name);
    const attribute = this.#byName.get(name);
    // Files of early days do not say types.
    if (attribute?.type && attribute.type !== attributeType[wanted])
      throw new TypeError(`${name} must be of type ${wanted}; got ${shown(attribute)}`);
    return attribute;
  }
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

/** The value of an attribute of whatever type. */
function shown({ i, f, s, t, g, ints = [], floats = [], strings = [] }: AttributeProto): string {
  if (t) return `a tensor [${t.dims}]`;
  if (g) return 'a graph';
  if (s) return `'${text(s)}'`;
  const one = i ?? f;
  return one === undefined ? `[${[...ints, ...floats, ...strings.map(text)].join(', ')}]` : String(one);
}
