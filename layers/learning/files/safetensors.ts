/** Reads the tensors of a safetensors file one at a time. */
import type { RandomAccess } from '#domain/random-access.ts';
import { tensorOver } from '#engine/elements.ts';
import { FileFormatError, headerBytes, LENGTH_BYTES, readHeader } from '#engine/safetensors.ts';
import type { StoredTensors } from './stored-tensor.ts';
import { WeightsError } from './weights-error.ts';

/** @throws WeightsError */
export async function openSafetensors(file: RandomAccess): Promise<StoredTensors> {
  try {
    const length = headerBytes(await file.read(0, Math.min(file.size, LENGTH_BYTES)), file.size);
    const data = LENGTH_BYTES + length;
    const { places } = readHeader(await file.read(LENGTH_BYTES, data), file.size - data);
    return new Map(
      places.map(({ name, dtype, shape, start, end }) => {
        const read = async () => tensorOver(dtype, shape, await file.read(data + start, data + end));
        return [name, { name, type: dtype, shape, span: end - start, read }];
      }),
    );
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    throw new WeightsError(`it is neither a .pth nor a safetensors file: ${error.message}`, { cause: error });
  }
}
