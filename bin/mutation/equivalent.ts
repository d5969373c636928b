import type { Mutant } from './instrument.ts';

/** A change that leaves every number as it was, and why. `original` and `mutated` are as the run prints them. */
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
  {
    file: 'scan-gradient.ts',
    within: 'scanVjp',
    original: 'x && z',
    mutated: '(x) || (z)',
    reason: 'A product has two factors: both are there, or nothing flows and neither is.',
  },
  {
    file: 'scan-gradient.ts',
    within: 'readBack',
    original: 'isComputed(value) ? [[value, said[i]!] as const] : []',
    mutated: '[[value, said[i]!] as const]',
    reason:
      'An input that a step says as it is has the same number in what the loop said; reading it there only costs.',
  },
];

export function excuseOf(mutant: Mutant): Equivalent | undefined {
  return EQUIVALENT.find(
    ({ file, within, original, mutated }) =>
      file === mutant.file && within === mutant.within && original === mutant.original && mutated === mutant.mutated,
  );
}
