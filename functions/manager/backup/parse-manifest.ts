/**
 * A manifest from its bytes, one model at a time: it may have come from anyone and be as large as the bucket takes, and
 * nobody else's turn waits until all of it is read. It is as this program writes it: the models are its last member.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LIMITS } from '#domain/limits.ts';
import { type Manifest, manifestHead } from '#domain/vault/backup.ts';

/** Text within text, so each quote and backslash is two; and a thousand names and digests. */
export const MOST_MODEL_BYTES = 2 * LIMITS.vault.metadataBytes + 786_432;
const HEAD_BYTES = 4096;
const MODELS = ',"models":[';
/** After so many milliseconds others have their turn. */
const TURN_MS = 10;

/** Something of it is not as it has to be; the message says what and where. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

export interface Reading {
  /** How many models it has to have at most. */
  readonly models: number;
  /** Reads one. Throws `ManifestError`. */
  readonly model: (json: unknown, where: string) => Manifest['models'][number];
}

/** Throws `ManifestError`. */
export async function parseManifest(bytes: Buffer, { models: most, model }: Reading): Promise<Manifest> {
  const begin = bytes.subarray(0, HEAD_BYTES).indexOf(MODELS);
  if (begin < 0) throw new ManifestError('it does not begin with its name and its models');
  const head = manifestHead.safeParse(jsonOf(Buffer.concat([bytes.subarray(0, begin), Buffer.from('}')]), 'its head'));
  if (!head.success) throw new ManifestError(`its ${firstOf(head.error)}`);
  const models: Manifest['models'] = [];
  let at = begin + MODELS.length;
  let turn = performance.now();
  while (bytes[at] !== CLOSE) {
    if (models.length >= most) throw new ManifestError(`it has more than the ${most} models of its record`);
    const where = `models[${models.length}]`;
    if (models.length > 0 && bytes[at++] !== COMMA) throw new ManifestError(`after ${where} there is no comma`);
    const end = endOf(bytes, at, where);
    models.push(model(jsonOf(bytes.subarray(at, end), where), where));
    at = end;
    if (performance.now() - turn < TURN_MS) continue;
    await nextTurn();
    turn = performance.now();
  }
  if (bytes.subarray(at + 1).toString('latin1') !== '}') throw new ManifestError('its models are not its last member');
  return { ...head.data, models };
}

const [QUOTE, BACKSLASH, COMMA, CLOSE] = [0x22, 0x5c, 0x2c, 0x5d];
const [OPENING, CLOSING] = [
  [0x7b, 0x5b],
  [0x7d, 0x5d],
];

/** Where the object ends that begins here. What is between is looked at by whoever parses it. */
function endOf(bytes: Buffer, from: number, where: string): number {
  if (bytes[from] !== OPENING[0]) throw new ManifestError(`${where} must be an object`);
  const limit = Math.min(bytes.length, from + MOST_MODEL_BYTES);
  let depth = 0;
  for (let at = from; at < limit; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      for (at++; at < limit && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (OPENING.includes(byte)) depth++;
    else if (CLOSING.includes(byte) && --depth === 0) return at + 1;
  }
  throw new ManifestError(`${where} is cut off, or has more than ${MOST_MODEL_BYTES} bytes`);
}

function jsonOf(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ManifestError(`${where} is not JSON`);
  }
}

interface Issues {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Where the first issue is, and what it says. */
export function firstOf({ issues: [issue] }: Issues): string {
  const { path, message } = issue!;
  return [path.map(String).join('.'), message].filter((part) => part !== '').join(': ');
}
