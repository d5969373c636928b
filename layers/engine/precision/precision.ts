import type { HalfType } from '../type.ts';

/**
 * What a training computes its network in. With 16 bits the parameters stay float32 in the state, and each step works
 * on copies of them: Micikevicius et al. 2018, "Mixed Precision Training".
 */
export type Precision = 'float32' | HalfType;

/** What becomes of an operation under half precision. */
export type Treatment =
  /** Its inputs are rounded to 16 bits: the operation is arithmetic on matrices, which is what 16 bits make fast. */
  | 'half'
  /** As its inputs are: 16 bits if all that it is given, weights and constants aside, has 16 bits. */
  | 'follow'
  /** In float32: sums, and functions that turn small errors into large ones. */
  | 'single';

const half = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose'];

/** What moves numbers or is as good as exact on them, and has kernels for both types. */
const follow = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Sign', 'Max', 'Min', 'Where', 'Identity'],
  ...['Relu', 'Tanh', 'Sigmoid', 'Erf', 'Gelu'],
  ...['Reshape', 'Transpose', 'Expand', 'Squeeze', 'Unsqueeze', 'Concat', 'Split', 'Slice', 'Trilu'],
  ...['Gather', 'GatherElements', 'GatherND'],
];

/** Kernels of CUDA that float16 has and bfloat16 has not. */
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
 * How an operation of the engine is computed under half precision. Softmax, normalisations, reductions, scatters that
 * add, comparisons, exponentials, logarithms, powers and roots are not listed, and so in float32.
 */
export function treatmentOf(name: string, dtype: HalfType): Treatment {
  return treatments[dtype].get(name) ?? 'single';
}
