/** Memory that threads share, and in which kernels work: they see nothing else. */
const PAGE_BYTES = 65_536;

/** 4 GiB, of which only what is allocated takes memory. */
export const MOST_PAGES = 65_536;

/**
 * Its first page stays empty: a kernel may read some bytes before those of a cell. Undefined where the system does not reserve
 * so many addresses, of which there is an end for everybody: take one for large files alone.
 */
export function newSharedMemory(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Allocated {
  readonly buffer: SharedArrayBuffer;
  readonly at: number;
}

/** New bytes, all 0, which stay for as long as the memory; any thread may ask for some. Without a memory: one of their own. */
export function allocate(memory: WebAssembly.Memory | undefined, bytes: number): Allocated {
  if (memory === undefined) return { buffer: new SharedArrayBuffer(bytes), at: 0 };
  const at = memory.grow(Math.ceil(bytes / PAGE_BYTES)) * PAGE_BYTES;
  return { buffer: memory.buffer, at };
}
