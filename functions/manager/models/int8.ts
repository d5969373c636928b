/** A version of an ONNX model with weights of 8 bits: made where a manager wants one, and stored beside the model. */
import { createHash } from 'node:crypto';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { fileOf, revisionOf } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { OnnxError } from '#engine/onnx/decode.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { Int8Version, Quantizing } from '../services.ts';
import { pack, type Sealing, sealUnder } from './seal.ts';

/** The model, both versions and both sessions are in memory at once. */
const MOST_BYTES = 500_000_000;
/** So many times the model's bytes; 3.3 to 3.5 were measured. */
const MEMORY_FACTOR = 4;
const MEGABYTE = 1_000_000;

/** What a save with `enable_quantization` has of it: the version, or why there is none. */
export interface Quantization {
  readonly version?: Int8Version;
  readonly warning?: string;
}

const without = (why: string): Quantization => ({ warning: `There is no int8 version: ${why}` });

/** Nothing where the manager does not want one. A file that is no ONNX model is no error. */
export async function quantized(
  { quantize, freeMemory }: Quantizing,
  manager: Manager,
  size: number,
  read: () => Promise<Uint8Array> | Uint8Array,
): Promise<Quantization> {
  if (!manager.config.enable_quantization) return {};
  if (size > MOST_BYTES) return without(`a model of ${size} bytes has more than ${MOST_BYTES}`);
  const [needed, free] = [size * MEMORY_FACTOR, freeMemory()];
  if (needed > free) {
    return without(`it takes about ${inMegabytes(needed)} MB of memory, of which ${inMegabytes(free)} are free`);
  }
  const model = await read();
  try {
    return { version: await quantize(model) };
  } catch (error) {
    if (error instanceof OnnxError) return without(firstLine(error.message));
    throw error;
  }
}

const inMegabytes = (bytes: number): number => Math.round(bytes / MEGABYTE);

const MOST_CHARACTERS = 300;

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, MOST_CHARACTERS);

/** Writes the file, whose revision is marked. Resolves with what the record says of it. */
export async function storeInt8(
  artifacts: Blobs,
  place: Pick<StoredModel, 'account_id' | 'vault' | 'revision'>,
  { bytes, difference }: Int8Version,
  sealing: Sealing | undefined,
): Promise<NonNullable<StoredModel['int8']>> {
  const packed = await pack(bytes);
  const blob = fileOf(place, 'int8');
  const about = {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    compressed: packed.compressed,
    difference: {
      ...difference,
      range: [...difference.range] as [number, number],
      scales: [...difference.scales],
    },
  };
  if (sealing === undefined) {
    const plain = new Digesting([packed.bytes]);
    await artifacts.put(blob, plain);
    return { ...about, digests: { plaintext: plain.digest(), ciphertext: plain.digest() } };
  }
  const { key, encryption } = sealing;
  const sealedFor = { ...encryption.sealed_for, revision: revisionOf(encryption.sealed_for.revision, 'int8') };
  const sealed = sealUnder([packed.bytes], { key, encryption: { ...encryption, sealed_for: sealedFor } });
  await artifacts.put(blob, sealed.ciphertext);
  return { ...about, digests: sealed.digests() };
}

/** As answers show it. */
export const showInt8 = ({ int8 }: StoredModel) =>
  int8 === undefined
    ? null
    : {
        size_mb: int8.size / 1_000_000,
        hash: int8.sha256,
        largest_difference: int8.difference.largest,
        mean_difference: int8.difference.mean,
        output_range: [...int8.difference.range],
        samples: int8.difference.samples,
        input_scales: [...(int8.difference.scales ?? [1])],
      };
