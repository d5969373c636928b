/** What the files of a model say of it. */
import type { ServedModel } from '#domain/models/record.ts';
import { IMPORTED_FILE } from '../files/names.ts';
import { TEXT_FILE } from '../text/description.ts';
import { ONNX_FILE } from './description.ts';

export interface Facts {
  readonly takesText: boolean;
  readonly isImported: boolean;
  /** Of `model.onnx`; 0 if there is none. */
  readonly bytes: number;
}

/** A record that has not changed is the same object, and asked for with each prediction. */
const known = new WeakMap<object, Facts>();

export function factsOf(model: Pick<ServedModel, 'artifacts'>): Facts {
  const found = known.get(model);
  if (found) return found;
  const has = (name: string) => model.artifacts.some(({ file }) => file === name);
  const facts = {
    takesText: has(TEXT_FILE),
    isImported: has(IMPORTED_FILE),
    bytes: model.artifacts.find(({ file }) => file === ONNX_FILE)?.size ?? 0,
  };
  if (Object.isFrozen(model)) known.set(model, facts);
  return facts;
}
