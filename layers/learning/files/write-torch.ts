/** Writes a state as `torch.save` does, so that `torch.load(…, weights_only=True)` opens it: a dict of tensors by name. */
import { bytesOf, type FixedDType } from '#engine/elements.ts';
import type { Tensor, Tensors } from '#engine/tensor.ts';
import { WeightsError } from './weights-error.ts';
import { writeZip } from './write-zip.ts';

const STORAGES: Readonly<Record<FixedDType, string>> = {
  float64: 'DoubleStorage',
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  bool: 'BoolStorage',
};

/** The version of PyTorch's format. */
const VERSION = '3\n';

/**
 * Returns the file as consecutive pieces, most of which are the tensors' own memory.
 * @throws WeightsError for a tensor of strings
 */
export function writeTorch(tensors: Tensors): Uint8Array[] {
  const all = Object.entries(tensors);
  const entry = (name: string, bytes: Uint8Array) => ({ name: `archive/${name}`, bytes });
  return writeZip([
    entry('data.pkl', pickleOf(all)),
    entry('byteorder', Buffer.from('little')),
    ...all.map(([, tensor], i) => entry(`data/${i}`, bytesOf(tensor))),
    entry('version', Buffer.from(VERSION)),
  ]);
}

/** Of protocol 2. */
function pickleOf(tensors: readonly (readonly [string, Tensor])[]): Buffer {
  const items = tensors.flatMap(([name, tensor], i) => [text(name), ...viewOf(name, tensor, String(i))]);
  return Buffer.concat([code('\x80\x02}('), ...items, code('u.')]);
}

/** A call of `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`. */
function viewOf(name: string, { dtype, shape, data }: Tensor, key: string): Buffer[] {
  if (dtype === 'string') throw new WeightsError(`tensor '${name}' must hold numbers; got strings`);
  const storage = [text('storage'), global('torch', STORAGES[dtype]), text(key), text('cpu'), integer(data.length)];
  return [
    global('torch._utils', '_rebuild_tensor_v2'),
    code('('),
    ...[tuple(storage), code('Q'), integer(0), tuple(shape.map(integer)), tuple(stridesOf(shape).map(integer))],
    // False, and an empty OrderedDict.
    ...[code('\x89'), global('collections', 'OrderedDict'), code(')R')],
    code('tR'),
  ];
}

function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= Math.max(1, size);
  }
  return strides;
}

const code = (opcodes: string): Buffer => Buffer.from(opcodes, 'latin1');
const global = (module: string, name: string): Buffer => code(`c${module}\n${name}\n`);
const tuple = (items: readonly Buffer[]): Buffer => Buffer.concat([code('('), ...items, code('t')]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(5);
  head.write('X', 'latin1');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function integer(value: number): Buffer {
  if (value >= 2 ** 31) {
    const long = Buffer.alloc(10);
    long.set([0x8a, 8]);
    long.writeBigInt64LE(BigInt(value), 2);
    return long;
  }
  const four = Buffer.alloc(5);
  four.write('J', 'latin1');
  four.writeInt32LE(value, 1);
  return four;
}
