/**
 * Reads what `torch.save` wrote of a state: a zip with a pickle that says which tensors there are, and an entry for the
 * memory of each. The pickle is read as data, never run. A tensor may be a view of a memory that it shares.
 */
import type { RandomAccess } from '#domain/random-access.ts';
import type { ZipEntry } from '#domain/zip-entries.ts';
import { type ElementType, elementTypes, tensorOfElements } from './elements.ts';
import { type Pickled, PickledDict, PickledGlobal, PickledObject, readPickle } from './pickle.ts';
import type { StoredTensor, StoredTensors, TensorShapes } from './stored-tensor.ts';
import { openArchive, PICKLE, type TorchArchive } from './torch-archive.ts';
import { WeightsError } from './weights-error.ts';

/** A state of a hundred thousand tensors takes less. */
const MOST_PICKLE_BYTES = 64 * 2 ** 20;
/** The name of a byte order is shorter. */
const BYTE_ORDER_BYTES = 16;

/** The storages of PyTorch by their element type. */
const STORAGES: Readonly<Record<string, ElementType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

class Storage extends PickledObject {
  readonly type: ElementType;
  readonly key: string;
  readonly elements: number;

  constructor(type: ElementType, key: string, elements: number) {
    super();
    this.type = type;
    this.key = key;
    this.elements = elements;
  }
}

/** Which elements of a storage a tensor has. */
class View extends PickledObject {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const globals = new Map<string, ((given: readonly Pickled[]) => Pickled) | undefined>([
  ...Object.keys(STORAGES).map((name) => [`torch.${name}`, undefined] as const),
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor_v2', viewOf],
  ['torch._utils._rebuild_parameter', ([tensor = null]) => tensor],
  ['torch.Size', ([sizes = null]) => sizes],
]);

/**
 * @returns the tensors of a state; of a checkpoint, those below its key `state_dict`, `model_state_dict` or `model`
 * @throws WeightsError, also if it would import or run anything that weights have no need of
 */
export async function openTorch(file: RandomAccess): Promise<StoredTensors> {
  const archive = await openArchive(file);
  const memories = new Set<ZipEntry>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, view] of await viewsIn(archive)) {
    const { storage, shape } = view;
    const memory = await archive.entry(`data/${storage.key}`);
    memories.add(memory);
    const place = placeOf(name, view, memory);
    const read = async () => tensorOfElements(storage.type, shape, await elementsOf(file, view, place));
    tensors.set(name, { name, type: storage.type, shape, span: place.end - place.start, read });
  }
  await archive.expectSound(memories);
  return tensors;
}

/**
 * The shapes of the same tensors. Only the pickle is read: nothing is known of the memories.
 * @throws WeightsError as `openTorch` does for the pickle
 */
export async function torchShapes(file: RandomAccess): Promise<TensorShapes> {
  return viewsIn(await openArchive(file));
}

async function viewsIn(archive: TorchArchive): Promise<ReadonlyMap<string, View>> {
  const pickle = await archive.entry(PICKLE);
  if (pickle.end - pickle.start > MOST_PICKLE_BYTES)
    throw new WeightsError(`its pickle must have at most ${MOST_PICKLE_BYTES} bytes; got ${pickle.end - pickle.start}`);
  const byteOrder = await archive.find('byteorder');
  await archive.expectSound(byteOrder ? [pickle, byteOrder] : [pickle]);
  if (byteOrder) expectLittleEndian(await archive.read(byteOrder, BYTE_ORDER_BYTES));
  return viewsOf(readPickle(await archive.read(pickle), { globals, persistent: storageOf }));
}

function expectLittleEndian(bytes: Uint8Array): void {
  const order = Buffer.from(bytes).toString('latin1');
  if (order !== 'little') throw new WeightsError(`its byte order must be little; got ${JSON.stringify(order)}`);
}

/** From `('storage', torch.FloatStorage, '0', 'cpu', 12)`. */
function storageOf(id: Pickled): Storage {
  const [kind, type, key, , elements] = Array.isArray(id) ? id : [];
  const stored = type instanceof PickledGlobal ? STORAGES[type.name.replace(/^torch\./, '')] : undefined;
  if (kind !== 'storage' || !stored || typeof key !== 'string' || !isCount(elements))
    throw new WeightsError('it has a storage that is not understood');
  return new Storage(stored, key, elements);
}

/** From `(storage, offset, size, stride, requires_grad, hooks)`. */
function viewOf([storage, offset, shape, strides]: readonly Pickled[]): View {
  if (!(storage instanceof Storage) || !isCount(offset) || !areCounts(shape) || !areCounts(strides))
    throw new WeightsError('it has a tensor that is not understood');
  if (shape.length !== strides.length) throw new WeightsError('it has a tensor with a stride too few or too many');
  return new View(storage, offset, shape, strides);
}

function orderedDict([items = []]: readonly Pickled[]): PickledDict {
  const dict = new PickledDict();
  if (!Array.isArray(items)) throw new WeightsError('it has an OrderedDict that is not understood');
  for (const item of items) if (Array.isArray(item)) dict.entries.set(item[0] ?? null, item[1] ?? null);
  return dict;
}

/** Where checkpoints of training programs keep the state. */
const WITHIN = ['state_dict', 'model_state_dict', 'model'];

function viewsOf(state: Pickled): ReadonlyMap<string, View> {
  if (!(state instanceof PickledDict)) throw new WeightsError('it must hold a state: a dict of tensors by name');
  const inner = WITHIN.map((key) => state.entries.get(key)).find((one) => one instanceof PickledDict);
  const views = [...(inner ?? state).entries].flatMap(([name, value]) =>
    typeof name === 'string' && value instanceof View ? [[name, value] as const] : [],
  );
  if (views.length === 0) throw new WeightsError('it must hold a state: a dict of tensors by name; it has no tensor');
  return new Map(views);
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly isWhole: boolean;
}

/** The bytes from a tensor's first element to its last, and whether they are its elements in order. */
function placeOf(name: string, { storage, offset, shape, strides }: View, { start, end }: ZipEntry): Place {
  const { bytes } = elementTypes[storage.type];
  const elements = shape.reduce((product, size) => product * size, 1);
  const span = elements === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, 0);
  const stored = Math.floor((end - start) / bytes);
  if (offset + span > Math.min(stored, storage.elements))
    throw new WeightsError(`tensor '${name}' needs ${offset + span} elements of its memory; got ${stored}`);
  // A tensor that repeats elements could take any amount of memory.
  if (elements > span) throw new WeightsError(`tensor '${name}' repeats elements of its memory`);
  const isWhole = elements === span && isRowMajor(shape, strides);
  return { start: start + offset * bytes, end: start + (offset + span) * bytes, isWhole };
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i]! > 1 && strides[i] !== expected) return false;
    expected *= shape[i]!;
  }
  return true;
}

async function elementsOf(file: RandomAccess, view: View, { start, end, isWhole }: Place): Promise<Uint8Array> {
  const memory = await file.read(start, end);
  return isWhole ? memory : gathered(memory, view);
}

/** The elements in row-major order. */
function gathered(memory: Uint8Array, { storage, shape, strides }: View): Uint8Array {
  const { bytes } = elementTypes[storage.type];
  const elements = shape.reduce((product, size) => product * size, 1);
  const out = new Uint8Array(elements * bytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let element = 0; element < elements; element++) {
    out.set(memory.subarray(from * bytes, (from + 1) * bytes), element * bytes);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

const isCount = (value: Pickled | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const areCounts = (value: Pickled | undefined): value is readonly number[] =>
  Array.isArray(value) && value.every(isCount);
