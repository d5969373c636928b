/** What is answered for outputs, and how probable that is: computed once for the assessment and the pictures. */
import { answered, type Calibration } from '../assess/calibration.ts';
import { softmaxInto } from './probabilities.ts';

export interface Answers {
  readonly answers: Int32Array;
  /** The probabilities of the answers. */
  readonly confidences: Float64Array;
}

/** By the outputs that they are for, as long as somebody has those. */
const known = new WeakMap<object, Answers & { readonly calibration: string }>();

const nameOf = ({ temperature, threshold }: Calibration): string => `${temperature} ${threshold}`;

export function rememberAnswers(outputs: object, calibration: Calibration, answers: Answers): void {
  known.set(outputs, { ...answers, calibration: nameOf(calibration) });
}

/** @param outputs for each row `width` of them, of which the first `classes` count */
export function answersOf(
  outputs: Float32Array | Float64Array,
  width: number,
  classes: number,
  calibration: Calibration,
): Answers {
  const found = known.get(outputs);
  if (found?.calibration === nameOf(calibration)) return found;
  const rows = Math.floor(outputs.length / Math.max(1, width));
  const [answers, confidences] = [new Int32Array(rows), new Float64Array(rows)];
  const probabilities = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    // A family may have more outputs than answers.
    softmaxInto(probabilities, outputs, row * width, calibration.temperature);
    const answer = answered(probabilities, calibration);
    answers[row] = answer;
    confidences[row] = probabilities[answer]!;
  }
  return { answers, confidences };
}
