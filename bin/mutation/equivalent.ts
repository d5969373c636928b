import type { Mutant } from './instrument.ts';

/** A change that no test can notice, and why. `original` and `mutated` as the run prints them. */
export interface Equivalent {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'elementwise.ts',
    within: 'Max.gradient.0',
    original: 'greater(b, x, y)',
    mutated: 'mutation.ops.greaterOrEqual(b, x, y)',
    reason: 'Where the operands are equal the outer choice takes 0.5 and this comparison is not looked at.',
  },
  {
    file: 'elementwise.ts',
    within: 'Max.gradient.1',
    original: 'greater(b, y, x)',
    mutated: 'mutation.ops.greaterOrEqual(b, y, x)',
    reason: 'Where the operands are equal the outer choice takes 0.5 and this comparison is not looked at.',
  },
  {
    file: 'elementwise.ts',
    within: 'Min.gradient.0',
    original: 'greater(b, y, x)',
    mutated: 'mutation.ops.greaterOrEqual(b, y, x)',
    reason: 'Where the operands are equal the outer choice takes 0.5 and this comparison is not looked at.',
  },
  {
    file: 'elementwise.ts',
    within: 'Min.gradient.1',
    original: 'greater(b, x, y)',
    mutated: 'mutation.ops.greaterOrEqual(b, x, y)',
    reason: 'Where the operands are equal the outer choice takes 0.5 and this comparison is not looked at.',
  },
  {
    file: 'elementwise.ts',
    within: 'Pow.gradient.1',
    original: '1',
    mutated: '2',
    reason:
      'Any positive number will do: its logarithm only has to be finite, since the outer choice drops it, and its gradient.',
  },
];

export function excuseOf(mutant: Mutant): Equivalent | undefined {
  return EQUIVALENT.find(
    ({ file, within, original, mutated }) =>
      file === mutant.file && within === mutant.within && original === mutant.original && mutated === mutant.mutated,
  );
}
