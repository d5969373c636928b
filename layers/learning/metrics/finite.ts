/** Without those that are undefined or, as a quotient by next to nothing may be, infinite: JSON has no word for that. */
export const finite = (scores: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(scores).flatMap(([name, value]) => (Number.isFinite(value) ? [[name, value as number]] : [])),
  );
