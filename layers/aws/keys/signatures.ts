/** ECDSA signatures on P-256: from KMS's DER to the r‖s of JSON Web Signatures (RFC 7518, 3.4). */
import { InternalError } from '#domain/errors.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** Of r and of s each. */
const SCALAR_BYTES = 32;

/**
 * `SEQUENCE { r INTEGER, s INTEGER }` to the 64 bytes r‖s:
 *
 *     30 46 │ 02 21 00 r… (a zero goes before a first bit that is set) │ 02 1f s… (leading zeros are left out)
 *
 * Throws `InternalError` where the bytes are anything else.
 */
export function rawSignature(der: Uint8Array): Uint8Array {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw malformed(der);
  const raw = new Uint8Array(2 * SCALAR_BYTES);
  const afterR = writeScalar(der, 2, raw, 0);
  if (writeScalar(der, afterR, raw, SCALAR_BYTES) !== der.length) throw malformed(der);
  return raw;
}

/** Writes the INTEGER that begins at `from`, right-aligned; returns where the next value begins. */
function writeScalar(der: Uint8Array, from: number, raw: Uint8Array, at: number): number {
  const length = der[from + 1] ?? 0;
  const end = from + 2 + length;
  if (der[from] !== INTEGER || length === 0 || end > der.length) throw malformed(der);
  const bytes = der.subarray(from + 2, end);
  const scalar = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  if (scalar.length > SCALAR_BYTES) throw malformed(der);
  raw.set(scalar, at + SCALAR_BYTES - scalar.length);
  return end;
}

const malformed = (der: Uint8Array): Error =>
  new InternalError(
    `a signature must be a DER sequence of two integers of ${SCALAR_BYTES} bytes; got ${der.length} bytes`,
  );
