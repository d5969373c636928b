/**
 * A training's state as a file that shows whether it was damaged: safetensors, with the SHA-256 of the contents in its
 * metadata. Reading it returns exactly the bits that were written.
 */
import { createHash } from 'node:crypto';
import { bytesOf } from '../elements.ts';
import { FileFormatError, type NamedTensors, readSafetensors, writeSafetensors } from '../safetensors.ts';
import type { Tensors } from '../tensor.ts';

const DIGEST = 'sha256';

/**
 * Returns the file as consecutive pieces, most of which are the tensors' own memory.
 * @param tensors a `State`, or any other named tensors without strings
 */
export function writeStateFile(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  return writeSafetensors(tensors, { ...metadata, [DIGEST]: digestOf(tensors, metadata) });
}

/** @throws FileFormatError if the file is cut short, damaged or not one of ours */
export function readStateFile(file: Uint8Array): NamedTensors {
  const { tensors, metadata: all } = readSafetensors(file);
  const { [DIGEST]: digest, ...metadata } = all;
  const found = digestOf(tensors, metadata);
  if (digest !== found) throw new FileFormatError(`its SHA-256 must be ${digest ?? 'given'}; got ${found}`);
  return { tensors, metadata };
}

/** The digest of everything in the file, independent of its order there. */
function digestOf(tensors: Tensors, metadata: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(metadata).sort(byName)));
  for (const [name, t] of Object.entries(tensors).sort(byName)) {
    hash.update(JSON.stringify([name, t.dtype, t.shape])).update(bytesOf(t));
  }
  return hash.digest('hex');
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
