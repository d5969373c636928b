import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import type { Content } from './content-stream.ts';
import type { Contents } from './contents.ts';
import { FRAME_OVERHEAD, type MessagePart } from './message-frames.ts';

/** Which frames are in which content of a message, and how many bytes of plaintext. `undefined`: not whole ones. */
function partsOf(
  stored: readonly Content[],
  size: number,
  frames: MessageFrames,
): readonly { readonly content: Content; readonly size: number; readonly part: MessagePart }[] | undefined {
  const [first, ...rest] = stored;
  if (first === undefined) return undefined;
  if (rest.length === 0) return [{ content: first, size, part: frames }];
  // The header is in a content of its own: see `followed-parts.ts`.
  if (first.size !== frames.headerBytes) return undefined;
  let [before, left] = [0, size];
  const parts: { content: Content; size: number; part: MessagePart }[] = [];
  for (const [index, content] of rest.entries()) {
    const isCut = index < rest.length - 1;
    const count = content.size / (frames.frameBytes + FRAME_OVERHEAD);
    const bytes = isCut ? count * frames.frameBytes : left;
    if ((isCut && !Number.isInteger(count)) || bytes > left) return undefined;
    parts.push({ content, size: bytes, part: { ...frames, headerBytes: 0, before, isCut } });
    before += count;
    left -= bytes;
  }
  return parts;
}

/** Views of the contents of an encrypted blob, whose plaintext has so many bytes. Empty: there can be none. */
export async function viewsOf(
  contents: Contents,
  stored: readonly Content[],
  size: number,
  frames: MessageFrames,
): Promise<readonly Content[]> {
  const parts = partsOf(stored, size, frames) ?? [];
  const views: Content[] = [];
  try {
    for (const { content, size: bytes, part } of parts) {
      const view = await contents.view(content, bytes, part);
      if (view === undefined) break;
      views.push(view);
    }
    return views.length === parts.length ? views.splice(0) : [];
  } finally {
    // Of those that are not returned.
    await contents.remove(views.map(({ name }) => name));
  }
}
