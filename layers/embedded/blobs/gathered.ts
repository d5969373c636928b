import { release } from '#domain/release.ts';

/** Large enough that what is done once for each chunk takes no time. */
const GATHERED_BYTES = 262_144;

/**
 * The same bytes in fewer chunks. Small ones are copied into one piece of memory, so that a chunk has its bytes only until
 * the next one is asked for.
 * @param isReleased whether the memory of the body's chunks is given back
 */
export async function* gathered(body: AsyncIterable<Uint8Array>, isReleased: boolean): AsyncGenerator<Uint8Array> {
  let memory: Buffer | undefined;
  let filled = 0;
  for await (const chunk of body) {
    if (filled === 0 && chunk.length >= GATHERED_BYTES) {
      yield chunk;
      if (isReleased) release(chunk);
      continue;
    }
    memory ??= Buffer.allocUnsafeSlow(GATHERED_BYTES);
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + GATHERED_BYTES - filled);
      memory.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < GATHERED_BYTES) continue;
      yield memory;
      filled = 0;
    }
    if (isReleased) release(chunk);
  }
  if (memory === undefined) return;
  if (filled > 0) yield memory.subarray(0, filled);
  release(memory);
}
