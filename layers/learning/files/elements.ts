/** The element types of files of weights, and tensors of them. */
import { type FixedDType, tensorOver } from '#engine/elements.ts';
import { type Tensor, tensor } from '#engine/tensor.ts';

interface Elements {
  readonly bytes: number;
  readonly over: (shape: readonly number[], bytes: Uint8Array) => Tensor;
}

const asIs = (dtype: FixedDType, bytes: number): Elements => ({
  bytes,
  over: (shape, memory) => tensorOver(dtype, shape, memory),
});

/** The engine has no integers below 32 bits. */
const widened = (bytes: number, read: (at: DataView, offset: number) => number): Elements => ({
  bytes,
  over: (shape, memory) => {
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    const values = Int32Array.from({ length: memory.byteLength / bytes }, (_, i) => read(view, i * bytes));
    return tensor('int32', shape, values);
  },
});

export const elementTypes = {
  float64: asIs('float64', 8),
  float32: asIs('float32', 4),
  float16: asIs('float16', 2),
  bfloat16: asIs('bfloat16', 2),
  int64: asIs('int64', 8),
  int32: asIs('int32', 4),
  int16: widened(2, (at, offset) => at.getInt16(offset, true)),
  int8: widened(1, (at, offset) => at.getInt8(offset)),
  uint8: widened(1, (at, offset) => at.getUint8(offset)),
  bool: asIs('bool', 1),
} as const satisfies Readonly<Record<string, Elements>>;

export type ElementType = keyof typeof elementTypes;

export const tensorOfElements = (type: ElementType, shape: readonly number[], bytes: Uint8Array): Tensor =>
  elementTypes[type].over(shape, bytes);
