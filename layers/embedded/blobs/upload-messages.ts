/**
 * Messages whose frames the parts of uploads become. The thread that starts an upload leaves what encrypts its message in a
 * file, which the thread that receives the parts takes, once: so there is one place that knows which frames there have been,
 * and none is ever encrypted twice. What of a message was in the memory of a process ends with it.
 *
 *     start      file, encrypted ──┐
 *     put                          └─ taken: part 1, part 2, … each once ── forgotten
 */
import type { UploadMessage } from '#domain/ports/blobs/port.ts';
import type { Contents } from './contents.ts';
import { offerMessage, takeMessage } from './message-files.ts';
import type { MessagePart } from './message-frames.ts';

interface Taken {
  readonly message: UploadMessage;
  readonly parts: Set<number>;
}

const NONE = Promise.resolve(undefined);

/** Uploads whose parts arrive at once. Of more of them, those begun longest ago have their further parts stored in another way. */
const MOST = 64;

export class UploadMessages {
  readonly #contents: Contents;
  readonly #taken = new Map<string, Promise<Taken | undefined>>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  offer(upload: string, message: UploadMessage): Promise<void> {
    return offerMessage(this.#contents, upload, message);
  }

  /** What encrypts a part of so many bytes. `undefined`: it was claimed before, or is not one of a message. */
  async claim(upload: string, part: number, bytes: number): Promise<MessagePart | undefined> {
    const taken = await this.#take(upload);
    if (taken === undefined) return undefined;
    const { message, parts } = taken;
    const isCut = part < message.parts;
    const fits = isCut ? bytes === message.partBytes : part === message.parts && bytes <= message.partBytes;
    if (!fits || parts.has(part)) return undefined;
    parts.add(part);
    if (parts.size === message.parts) this.#taken.set(upload, NONE);
    const before = ((part - 1) * message.partBytes) / message.frames.frameBytes;
    return { ...message.frames, headerBytes: 0, before, isCut };
  }

  /** Nothing is encrypted as a part of it any more. */
  async forget(upload: string): Promise<void> {
    await this.#take(upload);
    this.#taken.set(upload, NONE);
  }

  #take(upload: string): Promise<Taken | undefined> {
    const known = this.#taken.get(upload);
    if (known !== undefined) return known;
    const taking = takeMessage(this.#contents, upload).then(
      (message) => message && { message, parts: new Set<number>() },
    );
    this.#taken.set(upload, taking);
    for (const oldest of this.#taken.keys()) {
      if (this.#taken.size <= MOST) break;
      this.#taken.delete(oldest);
    }
    return taking;
  }
}
