import type { HalfType } from '../type.ts';

/**
 * The precision in which a training computes its network. With 16 bits, the parameters stay float32 in the state, and
 * each step uses rounded copies: Micikevicius et al. 2018, "Mixed Precision Training".
 */
export type Precision = 'float32' | HalfType;

/** How half precision treats an operation. */
export type Treatment =
  /** Its inputs are rounded to 16 bits: arithmetic on matrices, which 16 bits make fast. */
  | 'half'
  /** It follows its inputs: 16 bits if all of them, apart from weights and constants, have 16 bits. */
  | 'follow'
  /** It is computed in float32: sums, and functions that amplify small errors. */
  | 'single';

const half = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose'];

/** Operations that move numbers or are nearly exact, and that have kernels for both types. */
const follow = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Sign', 'Max', 'Min', 'Where', 'Identity'],
  ...['Relu', 'Tanh', 'Sigmoid', 'Erf', 'Gelu'],
  ...['Reshape', 'Transpose', 'Expand', 'Squeeze', 'Unsqueeze', 'Concat', 'Split', 'Slice', 'Trilu'],
  ...['Gather', 'GatherElements', 'GatherND'],
];

/** Operations for which CUDA has kernels in float16 and not in bfloat16. */
const followFloat16 = ['Pad', 'MaxPool'];

const common: readonly (readonly [string, Treatment])[] = [
  ...half.map((name) => [name, 'half'] as const),
  ...follow.map((name) => [name, 'follow'] as const),
];

const treatments: Readonly<Record<HalfType, ReadonlyMap<string, Treatment>>> = {
  float16: new Map([...common, ...followFloat16.map((name) => [name, 'follow'] as const)]),
  bfloat16: new Map(common),
};

/**
 * How half precision treats an operation of the engine. Softmax, normalisations, reductions, scatters that add,
 * comparisons, exponentials, logarithms, powers and roots are not listed, and therefore float32.
 */
export function treatmentOf(name: string, dtype: HalfType): Treatment {
  return treatments[dtype].get(name) ?? 'single';
}
