import { randomBytes } from 'node:crypto';

/** A file of weights with another tensor of so many bytes, which no encoder reads. */
export function largeWeights(safetensors: Uint8Array, bytes: number): Buffer {
  const small = Buffer.from(safetensors);
  const start = 8 + Number(small.readBigUInt64LE());
  const header: object = JSON.parse(small.toString('utf8', 8, start));
  const size = small.length - start;
  const other = { dtype: 'F32', shape: [bytes / 4], data_offsets: [size, size + bytes] };
  const text = Buffer.from(JSON.stringify({ ...header, other }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, small.subarray(start), randomBytes(bytes)]);
}
