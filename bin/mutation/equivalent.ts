import type { Mutant } from './instrument.ts';

/** A change that no test can notice, and why. `original` and `mutated` as the run prints them. */
export interface Equivalent {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

export const EQUIVALENT: readonly Equivalent[] = [];

export function excuseOf(mutant: Mutant): Equivalent | undefined {
  return EQUIVALENT.find(
    ({ file, within, original, mutated }) =>
      file === mutant.file && within === mutant.within && original === mutant.original && mutated === mutant.mutated,
  );
}
