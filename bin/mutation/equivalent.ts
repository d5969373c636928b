import type { Mutant } from './instrument.ts';

/** A change without an effect on any result, and why. `original` and `mutated` are as the run prints them. */
export interface Equivalent {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'attention.ts',
    within: 'causalMask',
    original: '1',
    mutated: '2',
    reason: 'Any byte but 0 is true.',
  },
  {
    file: 'define.ts',
    within: 'stalls',
    original: 'shape.length < other.length',
    mutated: '(shape.length) <= (other.length)',
    reason: 'Of equal lengths, what both have is all of the other: it cannot be all ones and not all ones.',
  },
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
    file: 'gru-reset-first.ts',
    within: 'oneWay',
    original: '0',
    mutated: '-1',
    reason: 'Zeros of a step’s shape: the last step has that of the first.',
  },
  {
    file: 'indexing.ts',
    within: 'withZeros',
    original: '1',
    mutated: '2',
    reason: 'A second slice of zeros behind the first one is never read.',
  },
  {
    file: 'join.ts',
    within: 'stride',
    original: 'step > 0',
    mutated: '(step) >= (0)',
    reason: 'A step of 0 was refused before.',
  },
  {
    file: 'join.ts',
    within: 'stride',
    original: '0',
    mutated: '-1',
    reason: 'Steps are whole numbers other than 0: those above -1 are those above 0.',
  },
  {
    file: 'pool.ts',
    within: 'averagePool',
    original: 'options.includePads ?? false',
    mutated: 'options.includePads',
    reason: 'Undefined is as good as false wherever it is read.',
  },
  {
    file: 'pool.ts',
    within: 'averagePool',
    original: 'given.includePads ? mean : div(b, mul(b, mean, sizeOf(kernel)), elementCounts(b, x, given))',
    mutated: 'div(b, mul(b, mean, sizeOf(kernel)), elementCounts(b, x, given))',
    reason: 'Where pads count, each mean is of as many elements as the kernel has: times and by the same number.',
  },
  {
    file: 'random.ts',
    within: 'randomBits',
    original: '3',
    mutated: '4',
    reason: 'Four keys come out of one digest; the fourth is not looked at.',
  },
  {
    file: 'random.ts',
    within: 'residues',
    original: 'i < count',
    mutated: '(i) <= (count)',
    reason: 'One digest more, of which the inner loop takes nothing.',
  },
  {
    file: 'random.ts',
    within: 'residues',
    original: 'i + j < count',
    mutated: '(i + j) <= (count)',
    reason: 'Writing behind the end of a typed array writes nothing.',
  },
  {
    file: 'random.ts',
    within: 'residues',
    original: 'i + j',
    mutated: '(i) - (j)',
    reason: 'Writing behind the end of a typed array writes nothing.',
  },
  {
    file: 'recurrent.ts',
    within: 'gruOneWay',
    original: '2',
    mutated: '1',
    reason: 'What a step says besides its state spares the gradient work; what it does not say is computed again.',
  },
  {
    file: 'recurrent.ts',
    within: 'constantOf',
    original: '0',
    mutated: '-1',
    reason: 'What is put together and cut there are lists of sizes, whose first axis is their last.',
  },
  {
    file: 'scan-gradient.ts',
    within: 'scanVjp',
    original: 'true',
    mutated: 'false',
    reason: 'Where both factors are made in the loop, they may lie in either order, as long as it is the same.',
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
