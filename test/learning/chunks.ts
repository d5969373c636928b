/** A text or bytes as a stream of chunks of the given size. */
export async function* chunked(content: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The messages of a ValidationError as `field: message`, or what else was thrown. */
export async function faults(run: () => unknown): Promise<string[]> {
  try {
    await run();
  } catch (error) {
    const { details } = error as { details?: { field: string; message: string }[] };
    if (!details) throw error;
    return details.map(({ field, message }) => `${field}: ${message}`);
  }
  return [];
}
