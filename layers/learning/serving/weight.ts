/** How long a prediction takes, as far as shows beforehand. */
import type { ServedModel } from '#domain/models/record.ts';
import { factsOf } from './facts.ts';

/** A file of so many bytes has about a million parameters: it is loaded in milliseconds. */
export const SMALL_MODEL_BYTES = 4 * 2 ** 20;
/** Bytes of parameters times rows: so many take a few milliseconds on one thread. It counts until that was measured. */
const LIGHT_BYTES = 32 * 2 ** 20;

/** So long, in milliseconds, a prediction may hold up all other calls. */
export const LIGHT_MS = 1;

/** @param isLong whether its run takes longer than that, if that was measured */
export function isHeavy(model: Pick<ServedModel, 'artifacts'>, rows: number, isLong?: boolean): boolean {
  const { isImported, bytes } = factsOf(model);
  // Of a model of others the size does not tell what it does.
  if (isImported) return true;
  if (bytes > SMALL_MODEL_BYTES) return true;
  return isLong ?? bytes * rows > LIGHT_BYTES;
}
