/**
 * The tar of an archive, from its beginning or from a place on. What gzip has only stored, as it does with what is encrypted,
 * is read here: then every block begins a place. Where a block is compressed, the member that it is in has no other place
 * than those before it.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import { z } from 'zod';
import { ByteReader } from './byte-reader.ts';
import { GZIP_HEADER, GZIP_TRAILER_BYTES } from './gzip.ts';
import { invalidArchive, isTar, TAR_BYTES } from './tar.ts';

/** From where it can be read, in the file and in the tar. */
export const archivePlace = z.object({
  format: z.enum(['gzip', 'tar']),
  file: z.int(),
  tar: z.int(),
  /** Missing where no member of gzip has begun: of what comes before, in that member. */
  member: z.object({ bytes: z.int(), crc: z.int() }).exactOptional(),
});
export type ArchivePlace = z.infer<typeof archivePlace>;

const PIECE_BYTES = 65_536;
/** What one of them may unpack to is in memory at once: a thousand times as much. */
const PACKED_PIECE_BYTES = 16_384;
/** How far a compressed block may refer back. */
const WINDOW_BYTES = 32_768;
/** Of a field of a member's header. */
const FIELD_BYTES = 65_536;
const FLAGS = { headerCrc: 2, extra: 4, name: 8, comment: 16, unknown: 0xe0 };

export class Unpacked {
  readonly #file: ByteReader;
  /** Bytes of what gzip has, after which it is refused. */
  readonly #most: number;
  #place: ArchivePlace | undefined;
  #tar: number;
  #member: { bytes: number; crc: number } | undefined;
  /** The last bytes, for a block that refers to them. */
  #window: Uint8Array = new Uint8Array();

  /** @param place where the file begins. Default: the beginning, which says the format */
  constructor(file: AsyncIterable<Uint8Array>, most: number, place?: ArchivePlace) {
    this.#file = new ByteReader(file, place?.file);
    this.#most = most;
    this.#place = place;
    this.#tar = place?.tar ?? 0;
    this.#member = place?.member && { ...place.member };
  }

  /** The last one from which all is read that has not been. `undefined` before the first byte. */
  get place(): ArchivePlace | undefined {
    return this.#place;
  }

  /** Throws `ValidationError`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      const format = this.#place?.format ?? (await this.#format());
      if (format === 'gzip') yield* this.#members();
      else yield* this.#plain();
    } finally {
      await this.#file.close();
    }
  }

  async #format(): Promise<ArchivePlace['format']> {
    const first = await this.#file.atMost(TAR_BYTES);
    this.#file.putBack(first);
    return isTar(first) ? 'tar' : 'gzip';
  }

  async *#plain(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      this.#place = { format: 'tar', file: this.#file.position, tar: this.#file.position };
      const piece = await this.#file.piece(PIECE_BYTES);
      if (piece === undefined) return;
      yield piece;
    }
  }

  async *#members(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      if (this.#member === undefined) {
        this.#place = { format: 'gzip', file: this.#file.position, tar: this.#tar };
        if (!(await this.#header())) return;
        this.#member = { bytes: 0, crc: 0 };
        this.#window = new Uint8Array();
      }
      yield* this.#blocks();
      const { bytes, crc } = this.#member;
      const trailer = await this.#next(GZIP_TRAILER_BYTES);
      if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== bytes % 2 ** 32) throw changed();
      this.#member = undefined;
    }
  }

  /** Whether there is another member: what is none is left unread, as other programs do. */
  async #header(): Promise<boolean> {
    const isFirst = this.#file.position === 0;
    const magic = await this.#file.exactly(2);
    if (magic?.[0] !== GZIP_HEADER[0] || magic?.[1] !== GZIP_HEADER[1]) {
      if (isFirst) throw changed();
      return false;
    }
    const [method, flags = 0] = await this.#next(GZIP_HEADER.length - 2);
    if (method !== GZIP_HEADER[2] || (flags & FLAGS.unknown) !== 0) throw changed();
    if (flags & FLAGS.extra) await this.#next((await this.#next(2)).readUInt16LE(0));
    if (flags & FLAGS.name) await this.#skipText();
    if (flags & FLAGS.comment) await this.#skipText();
    if (flags & FLAGS.headerCrc) await this.#next(2);
    return true;
  }

  async #skipText(): Promise<void> {
    for (let bytes = 0; bytes < FIELD_BYTES; bytes += 1) if ((await this.#next(1))[0] === 0) return;
    throw changed();
  }

  /**
   * A place stays far enough behind what is read that a block which comes later, and is compressed, refers to nothing before
   * it.
   */
  async *#blocks(): AsyncGenerator<Uint8Array, void> {
    let behind: ArchivePlace | undefined;
    for (;;) {
      const here = { format: 'gzip', file: this.#file.position, tar: this.#tar, member: { ...this.#member! } } as const;
      if (behind && here.tar - behind.tar >= WINDOW_BYTES) this.#place = behind;
      if (!behind || here.tar - behind.tar >= WINDOW_BYTES) behind = here;
      const first = await this.#next(1);
      const [isLast, isStored] = [(first[0]! & 1) === 1, (first[0]! & 6) === 0];
      if (!isStored) {
        this.#file.putBack(first);
        return yield* this.#inflated();
      }
      const sizes = await this.#next(4);
      const size = sizes.readUInt16LE(0);
      if ((size ^ sizes.readUInt16LE(2)) !== 0xffff) throw changed();
      for (let left = size; left > 0; ) {
        const piece = await this.#file.piece(left);
        if (piece === undefined) throw cutOff();
        left -= piece.length;
        const window = piece.length >= WINDOW_BYTES ? piece : Buffer.concat([this.#window, piece]);
        this.#window = window.subarray(-WINDOW_BYTES);
        yield this.#counted(piece);
      }
      if (isLast) return;
    }
  }

  /** The rest of a member, from a block on that is compressed. */
  async *#inflated(): AsyncGenerator<Uint8Array, void> {
    const dictionary = this.#window.length > 0 ? { dictionary: this.#window } : {};
    const inflate = createInflateRaw({ chunkSize: PIECE_BYTES, ...dictionary });
    const unpacked: Uint8Array[] = [];
    let hasEnded = false;
    let given = 0;
    let settle: (error?: Error | null) => void = () => undefined;
    inflate.on('data', (piece: Uint8Array) => unpacked.push(piece));
    inflate.once('end', () => {
      hasEnded = true;
      settle();
    });
    inflate.on('error', (error) => settle(error));
    try {
      while (!hasEnded) {
        const piece = await this.#file.piece(PACKED_PIECE_BYTES);
        if (piece === undefined) throw cutOff();
        given += piece.length;
        await new Promise<void>((resolve, reject) => {
          settle = (error) => (error ? reject(changed()) : resolve());
          inflate.write(piece, settle);
        });
        for (const piece of unpacked.splice(0)) yield this.#counted(piece);
        if (hasEnded) this.#file.putBack(piece.subarray(piece.length - (given - inflate.bytesWritten)));
      }
    } finally {
      inflate.destroy();
    }
  }

  #counted(piece: Uint8Array): Uint8Array {
    const member = this.#member!;
    member.crc = crc32(piece, member.crc);
    member.bytes += piece.length;
    this.#tar += piece.length;
    if (this.#tar > this.#most) throw invalidArchive(`it unpacks to more than ${this.#most} bytes`);
    return piece;
  }

  async #next(bytes: number): Promise<Buffer> {
    const next = await this.#file.exactly(bytes);
    if (next === undefined) throw cutOff();
    return next;
  }
}

const cutOff = () => invalidArchive('it was cut off');
const changed = () => invalidArchive('it is not compressed with gzip, or was changed');
