/** How long a prediction takes, as far as shows beforehand. */
import type { ServedModel } from '#domain/models/record.ts';
import { IMPORTED_FILE } from '../files/names.ts';
import { ONNX_FILE } from './description.ts';

/** A file of so many bytes has about a million parameters: it is loaded in milliseconds. */
export const SMALL_MODEL_BYTES = 4 * 2 ** 20;
/** Bytes of parameters times rows: so many take a few milliseconds on one thread. */
const LIGHT_BYTES = 32 * 2 ** 20;

export function isHeavy({ artifacts }: Pick<ServedModel, 'artifacts'>, rows: number): boolean {
  const bytes = artifacts.find(({ file }) => file === ONNX_FILE)?.size ?? 0;
  // Of a model of others the size does not tell what it does.
  if (artifacts.some(({ file }) => file === IMPORTED_FILE)) return true;
  return bytes > SMALL_MODEL_BYTES || bytes * rows > LIGHT_BYTES;
}
