import { createHash } from 'node:crypto';
import { sizeOf } from './type.ts';

/** Draws from a uniform distribution over [0, 1). */
export type Uniform = () => number;

/** The initial values of a parameter of this shape. */
export type Initializer = (shape: readonly number[], uniform: Uniform) => Float32Array;

/**
 * A stream of uniform numbers that depends only on the seed and the name. The generator is sfc32 (Chris Doty-Humphrey,
 * PractRand), keyed with SHA-256.
 */
export function uniformStream(seed: number, name: string): Uniform {
  const key = createHash('sha256').update(`${seed}\n${name}`).digest();
  let a = key.readInt32LE(0);
  let b = key.readInt32LE(4);
  let c = key.readInt32LE(8);
  let counter = 1;
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

export const zeros: Initializer = (shape) => new Float32Array(sizeOf(shape));

export const ones: Initializer = (shape) => new Float32Array(sizeOf(shape)).fill(1);

/** Uniform over ±bound. The bound depends on the fans of a weight [in, out]. */
function uniformInitializer(bound: (fanIn: number, fanOut: number) => number): Initializer {
  return (shape, uniform) => {
    const limit = bound(shape[0] ?? 1, shape[1] ?? 1);
    // A loop, because `Float32Array.from` takes five times as long, which shows with millions of weights.
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = (2 * uniform() - 1) * limit;
    return values;
  };
}

/** Preserves the variance through ReLU-like layers: He et al. 2015, "Delving Deep into Rectifiers", eq. 10. */
export const heUniform = uniformInitializer((fanIn) => Math.sqrt(6 / Math.max(1, fanIn)));

/** Preserves the variance through linear and saturating layers: Glorot and Bengio 2010, eq. 16. */
export const xavierUniform = uniformInitializer((fanIn, fanOut) => Math.sqrt(6 / Math.max(1, fanIn + fanOut)));

/** Of PyTorch's `nn.Linear`, whatever comes after it. */
export const fanInUniform = uniformInitializer((fanIn) => 1 / Math.sqrt(Math.max(1, fanIn)));

/** Like `xavierUniform`, from a normal distribution: mean 0, variance 2 / (in + out). */
export const xavierNormal: Initializer = (shape, uniform) => {
  const deviation = Math.sqrt(2 / Math.max(1, (shape[0] ?? 1) + (shape[1] ?? 1)));
  const normal = normalStream(uniform);
  return Float32Array.from({ length: sizeOf(shape) }, () => deviation * normal());
};

/** Draws from the standard normal distribution: Box and Muller 1958. */
export function normalStream(uniform: Uniform): () => number {
  return () => {
    // 1 − u is in (0, 1], whose logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
}
