/** Rows that never were, with which an exported model of any kind of data is tried. */
import { cast } from '#engine/ops/select.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, type Tensors, tensorFrom } from '#engine/tensor.ts';
import { compileInference } from '#engine/training/step.ts';
import { sizeOf, type Type } from '#engine/type.ts';
import type { Encoding } from '../encoding.ts';
import type { Probe } from './verify.ts';

const ROWS = 2;
/** Values lie between 0 and this. */
const SPREAD = 17;

/** `undefined` where the inputs have dimensions of any size, but that of the rows, that encoded rows do not have. */
export async function probeOf(encoding: Encoding): Promise<Probe | undefined> {
  const raw: [string, Tensor][] = [];
  for (const [name, type] of Object.entries(encoding.inputs)) {
    const tensor = filledWith(type, encoding.types[name]?.shape);
    if (!tensor) return undefined;
    raw.push([name, tensor]);
  }
  const encoded = await encodedRows(encoding, Object.fromEntries(raw));
  return { raw: Object.fromEntries(raw), encoded };
}

/** @param encoded the shape of an encoded row of this name, for dimensions of any size */
function filledWith({ dtype, shape: [, ...dims] }: Type, encoded: Type['shape'] = []): Tensor | undefined {
  const shape = [ROWS, ...dims.map((dim, i) => (typeof dim === 'number' ? dim : (encoded[i + 1] ?? dim)))];
  if (!shape.every((dim) => typeof dim === 'number')) return undefined;
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => (dtype === 'string' ? '' : i % SPREAD));
  return tensorFrom(dtype, shape, values);
}

/** What is encoded may have the name of what it was before. */
const ENCODED = 'encoded/';

async function encodedRows(encoding: Encoding, raw: Tensors): Promise<Tensors> {
  const bytes = compileInference({
    inputs: encoding.inputs,
    build: (b, inputs) =>
      Object.fromEntries(
        Object.entries(encoding.encoded(b, inputs)).map(([name, value]) => {
          // Images are no rows of a dataset, whose bytes are packed.
          const type = encoding.types[name];
          return [ENCODED + name, type ? cast(b, value, type.dtype) : value];
        }),
      ),
    meta: { producer: 'trainyard' },
  });
  await using session = await openSession(bytes, { threads: 1 });
  const encoded = Object.entries(await session.run(raw));
  return Object.fromEntries(encoded.map(([name, value]) => [name.slice(ENCODED.length), value]));
}
