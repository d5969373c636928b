/**
 * A training's state as a file that tells by itself whether it was damaged: safetensors, with the SHA-256 of what is in
 * it among the metadata. What comes out is bit by bit what went in.
 */
import { createHash } from 'node:crypto';
import { bytesOf } from '../elements.ts';
import { FileFormatError, type NamedTensors, readSafetensors, writeSafetensors } from '../safetensors.ts';
import type { Tensors } from '../tensor.ts';

const DIGEST = 'sha256';

/**
 * The file, in pieces that follow each other, most of them the tensors' own memory.
 * @param tensors a `State`, or anything else by name; no strings
 */
export function writeStateFile(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  return writeSafetensors(tensors, { ...metadata, [DIGEST]: digestOf(tensors, metadata) });
}

/** @throws FileFormatError if the file is cut short, damaged, or none of ours */
export function readStateFile(file: Uint8Array): NamedTensors {
  const { tensors, metadata: all } = readSafetensors(file);
  const { [DIGEST]: digest, ...metadata } = all;
  const found = digestOf(tensors, metadata);
  if (digest !== found) throw new FileFormatError(`its SHA-256 must be ${digest ?? 'given'}; got ${found}`);
  return { tensors, metadata };
}

/** Of everything that is in the file, whatever the order in which it is there. */
function digestOf(tensors: Tensors, metadata: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(metadata).sort(byName)));
  for (const [name, t] of Object.entries(tensors).sort(byName)) {
    hash.update(JSON.stringify([name, t.dtype, t.shape])).update(bytesOf(t));
  }
  return hash.digest('hex');
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
