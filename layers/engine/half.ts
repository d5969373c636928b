import type { HalfType } from './type.ts';

/**
 * Converts numbers to the bits of 16-bit floats and back, for IEEE 754 binary16 and bfloat16: JavaScript has neither.
 */
interface HalfFormat {
  readonly encode: (value: number) => number;
  readonly decode: (bits: number) => number;
}

const view = new DataView(new ArrayBuffer(8));

/** The nearest integer, halves to even. */
function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** ⌊log₂ x⌋ of a positive normal number, from its bits. */
function exponentOf(x: number): number {
  view.setFloat64(0, x);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/*
 *  1 bit of sign, 5 of exponent, 10 of fraction. From one exponent to the next, the bits count on without a gap. So a
 *  fraction that rounds up to 1024 carries into the exponent by itself, and in the end into infinity.
 */
const float16: HalfFormat = {
  encode: (value) => {
    if (Number.isNaN(value)) return 0x7e00;
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const size = Math.abs(value);
    if (size >= 65520) return sign | 0x7c00;
    if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
    const exponent = exponentOf(size);
    return sign | (((exponent + 14) << 10) + roundEven((size / 2 ** exponent) * 1024));
  },
  decode: (bits) => {
    const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >>> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  },
};

/** The upper 16 bits of a float32. */
const bfloat16: HalfFormat = {
  encode: (value) => {
    if (Number.isNaN(value)) return 0x7fc0;
    view.setFloat32(0, value);
    const bits = view.getUint32(0);
    return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  },
  decode: (bits) => {
    view.setUint32(0, bits << 16);
    return view.getFloat32(0);
  },
};

const formats: Readonly<Record<HalfType, HalfFormat>> = { float16, bfloat16 };

/** The bits of the nearest 16-bit float, with ties to even. Numbers beyond the largest become infinity. */
export function toHalfBits(dtype: HalfType, value: number): number {
  return formats[dtype].encode(value);
}

/** The number that 16 bits represent. */
export function fromHalfBits(dtype: HalfType, bits: number): number {
  return formats[dtype].decode(bits);
}
