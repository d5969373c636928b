/**
 * SentencePiece's map of characters: the longest sequence that the map knows is replaced. The map is a trie over the bytes of
 * UTF-8, as a double array (Aoe 1989, in the layout of darts-clone), and the replacements one after another:
 *
 *     bytes of the trie, uint32 │ units of the trie, uint32 each │ replacements, each ended by 0
 *
 *     a unit   bit 31, 8 lowest: label    bit 8: has a value    bits 10 to 30: offset, times 256 if bit 9 is set
 */
import { TokenizerError } from '../tokenizer-error.ts';

export type ReplaceCharacters = (text: string) => string;

const LENGTH_BYTES = 4;

/** @throws TokenizerError if the map is damaged */
export function charactersOf(map: Uint8Array): ReplaceCharacters {
  if (map.length === 0) return (text) => text;
  const buffer = Buffer.from(map.buffer, map.byteOffset, map.byteLength);
  const trieBytes = map.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : buffer.readUInt32LE(0);
  if (trieBytes > map.length - LENGTH_BYTES || trieBytes % 4 !== 0) {
    throw new TokenizerError('the map of characters in spm.model is damaged');
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => buffer.readUInt32LE(LENGTH_BYTES + 4 * i));
  const replacements = buffer.subarray(LENGTH_BYTES + trieBytes);
  return (text) => {
    const bytes = Buffer.from(text, 'utf8');
    const parts: Buffer[] = [];
    let copied = 0;
    for (let at = 0; at < bytes.length; ) {
      const match = longestMatch(units, bytes, at);
      if (!match) {
        at += characterBytes(bytes[at]!);
        continue;
      }
      parts.push(bytes.subarray(copied, at), replacementAt(replacements, match.value));
      at += match.length;
      copied = at;
    }
    return copied === 0 ? text : Buffer.concat([...parts, bytes.subarray(copied)]).toString('utf8');
  };
}

function longestMatch(
  units: Uint32Array,
  bytes: Uint8Array,
  from: number,
): { length: number; value: number } | undefined {
  let found: { length: number; value: number } | undefined;
  let place = offsetOf(units[0] ?? 0);
  for (let at = from; at < bytes.length; at++) {
    const label = bytes[at]!;
    place ^= label;
    const unit = units[place];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== label) break;
    place ^= offsetOf(unit);
    if (unit & 0x100) found = { length: at + 1 - from, value: (units[place] ?? 0) & 0x7fffffff };
  }
  return found;
}

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

function replacementAt(replacements: Buffer, start: number): Buffer {
  const end = replacements.indexOf(0, start);
  return replacements.subarray(start, end < 0 ? replacements.length : end);
}

/** Of a character, from its first byte. */
const characterBytes = (first: number): number => (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
