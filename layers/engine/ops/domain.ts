import { type DType, formatType, isFloat, isInteger, ShapeError, type Type } from '../type.ts';

/** The element types that an operation takes. */
export interface Domain {
  readonly words: string;
  readonly has: (dtype: DType) => boolean;
}

export const floats: Domain = { words: 'a float type', has: isFloat };
/** The runtime has no float64 kernel on any device. */
export const shortFloats: Domain = {
  words: 'float32 or 16 bits, for which alone there are kernels',
  has: (dtype) => isFloat(dtype) && dtype !== 'float64',
};
export const numbers: Domain = { words: 'a number type', has: (dtype) => dtype !== 'bool' && dtype !== 'string' };
export const bools: Domain = { words: 'bool', has: (dtype) => dtype === 'bool' };
export const integers: Domain = { words: 'an integer type', has: isInteger };
/** Strings have no order and, at the opset that is written, cannot be compared either. */
export const notStrings: Domain = { words: 'any type but string', has: (dtype) => dtype !== 'string' };

/** @throws ShapeError if an input is not in the domain */
export function expectDomain(domain: Domain, inputs: readonly Type[]): void {
  const odd = inputs.find(({ dtype }) => !domain.has(dtype));
  if (odd) throw new ShapeError(`wants ${domain.words}; got ${formatType(odd)}`);
}

/** @throws ShapeError if the inputs differ in element type */
export function expectOneDType(inputs: readonly Type[]): DType {
  const [first, ...rest] = inputs;
  const odd = rest.find(({ dtype }) => dtype !== first?.dtype);
  if (odd) throw new ShapeError(`wants one element type; got ${first?.dtype} and ${odd.dtype}`);
  return first!.dtype;
}
