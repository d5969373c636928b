/** A file of which any part can be read. `read` returns the bytes from `start` up to `end`, which is within `size`. */
export interface RandomAccess {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

export const fromBytes = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  read: async (start, end) => bytes.subarray(start, end),
});
