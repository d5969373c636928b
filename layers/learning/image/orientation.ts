/** Whether an image is shown with its sides exchanged: what EXIF says of its orientation. Nothing is decoded. */

/** Throws `RangeError` where the file ends before what it says. */
export function isTurned(bytes: Buffer, format: string): boolean {
  const tiff = (finders[format] ?? none)(bytes);
  return tiff !== undefined && TURNED.has(orientationIn(tiff));
}

/** A quarter turn, with or without a mirror. */
const TURNED: ReadonlySet<number> = new Set([5, 6, 7, 8]);
const ORIENTATION = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;
/** Before the TIFF header: always in JPEG, at times in WebP. */
const PREFIX = Buffer.from('Exif\0\0', 'latin1');

/** In the first directory; 0: it has none. */
function orientationIn(tiff: Buffer): number {
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return 0;
  const isLittle = order === 'II';
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const count = short(directory);
  for (let i = 0, at = directory + 2; i < count; i++, at += ENTRY_BYTES) {
    if (short(at) === ORIENTATION && short(at + 2) === SHORT) return short(at + 8);
  }
  return 0;
}

type Finder = (bytes: Buffer) => Buffer | undefined;

const none: Finder = () => undefined;

const finders: Readonly<Partial<Record<string, Finder>>> = {
  jpeg: inSegments,
  // Before the pixels; a length, four letters, the content and a checksum.
  png: (bytes) => {
    for (let at = 8; ; ) {
      const [length, name] = [bytes.readUInt32BE(at), bytes.toString('latin1', at + 4, at + 8)];
      if (name === 'eXIf') return bytes.subarray(at + 8, at + 8 + length);
      if (name === 'IDAT' || name === 'IEND') return undefined;
      at += 12 + length;
    }
  },
  // Four letters, a length and the content, which is padded to an even one.
  webp: (bytes) => {
    for (let at = 12; at + 8 <= bytes.length; ) {
      const [name, length] = [bytes.toString('latin1', at, at + 4), bytes.readUInt32LE(at + 4)];
      if (name === 'EXIF') return withoutPrefix(bytes.subarray(at + 8, at + 8 + length));
      at += 8 + length + (length % 2);
    }
    return undefined;
  },
};

/** Up to the scan. */
function inSegments(bytes: Buffer): Buffer | undefined {
  for (let at = 2; ; ) {
    const marker = bytes.readUInt8(at + 1);
    const isFill = marker === 0xff;
    if (bytes.readUInt8(at) !== 0xff || marker === 0xda || marker === 0xd9) return undefined;
    if (isFill || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += isFill ? 1 : 2;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    const content = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xe1 && isPrefixed(content)) return withoutPrefix(content);
    at += 2 + length;
  }
}

const isPrefixed = (content: Buffer): boolean => content.subarray(0, PREFIX.length).equals(PREFIX);

const withoutPrefix = (content: Buffer): Buffer => (isPrefixed(content) ? content.subarray(PREFIX.length) : content);
