/** Ids of logged predictions: the model's number and a UUIDv7, so that neither is looked for. */
import { isId, newId, timeOfId } from '../ids.ts';

export interface PredictionId {
  readonly modelNumber: number;
  /** UUIDv7. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export const newPredictionId = (modelNumber: number, now: number): string => `${modelNumber}-${newId(now)}`;

const PREDICTION_ID = /^([1-9][0-9]{0,14})-([0-9a-f-]{36})$/;
/** Long enough for every one. */
export const PREDICTION_ID_CHARACTERS = 52;

/** `undefined` if the text is none. */
export function parsePredictionId(text: string): PredictionId | undefined {
  const [, number, id] = PREDICTION_ID.exec(text) ?? [];
  if (number === undefined || id === undefined || !isId(id)) return undefined;
  return { modelNumber: Number(number), id, at: timeOfId(id) };
}

/** The UUIDv7 of an id of ours. */
export const uuidOf = (predictionId: string): string => predictionId.slice(predictionId.indexOf('-') + 1);
