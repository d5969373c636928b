import type { Scores } from '../fit/evaluate.ts';

/** Without those that are undefined or, as a quotient by next to nothing may be, infinite: JSON has no word for that. */
export const finite = (scores: Readonly<Record<string, number | undefined>>): Scores =>
  Object.fromEntries(
    Object.entries(scores).flatMap(([name, value]) => (Number.isFinite(value) ? [[name, value as number]] : [])),
  );
