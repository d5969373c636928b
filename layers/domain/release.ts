/**
 * Memory of new bytes is made in pieces of at most so many. The allocator gives larger ones back to the system each time, and
 * what the system gives anew it clears page by page: a MiB took five times as long to encrypt at once as in four pieces.
 */
export const PIECE_BYTES = 262_144;

/** The same bytes in pieces, without copying them. */
export function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Who uses memory again that others have used. */
const owners = new WeakMap<Uint8Array, () => void>();

/** Calls back when somebody gives these bytes back, which may never be. */
export const onRelease = (bytes: Uint8Array, back: () => void): void => void owners.set(bytes, back);

/**
 * Gives back the memory of bytes at once. Left to the garbage collection, buffers of megabytes make V8 look through its
 * whole heap again and again. Nobody may use the bytes afterwards. Does nothing where they are only a part of a buffer.
 */
export function release(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  owners.get(bytes)?.();
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength > 0) buffer.transfer(0);
}
