/**
 * Gives back the memory of bytes at once. Left to the garbage collection, buffers of megabytes make V8 look through its
 * whole heap again and again. Nobody may use the bytes afterwards. Does nothing where they are only a part of a buffer.
 */
export function release(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength > 0) buffer.transfer(0);
}
