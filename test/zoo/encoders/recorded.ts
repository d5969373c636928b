/** What `test/golden/encoders.py` recorded of small models, and the weights as they lie in their files. */
import { readFileSync } from 'node:fs';
import { readSafetensors } from '#engine/safetensors.ts';
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';

export const names = ['bert', 'distilbert', 'roberta', 'deberta-v3', 'deberta-v2'] as const;
export type Recorded = (typeof names)[number];

export const CLASSES = 3;

const folder = (name: string) => new URL(`../../fixtures/encoders/${name}/`, import.meta.url);
export const fileOf = (name: string, file: string): Buffer => readFileSync(new URL(file, folder(name)));
export const configOf = (name: string): Record<string, unknown> => JSON.parse(fileOf(name, 'config.json').toString());
export const numbersOf = (name: string): Tensors => readSafetensors(fileOf(name, 'numbers.safetensors')).tensors;
export const recordedEncoder = (name: string) => encoderOf(configOf(name), { classes: CLASSES });

/** int32 [texts, tokens] with −1 behind a text's end. */
export function idsOf(numbers: Tensors) {
  const { shape, data } = expectTensor('ids', numbers.ids, 'int64');
  const mask = expectTensor('mask', numbers.mask, 'int64').data;
  return tensor(
    'int32',
    shape,
    Int32Array.from(data, (id, i) => (mask[i] === 1n ? Number(id) : -1)),
  );
}

/** Fails with the place and size of the largest difference if it is beyond the tolerance. */
export function expectNear(name: string, got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  if (got.length !== wanted.length) throw new Error(`${name} has ${got.length} numbers; recorded ${wanted.length}`);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    if (!(Math.abs(got[i]! - wanted[i]!) <= Math.abs(got[worst]! - wanted[worst]!))) worst = i;
  }
  const difference = Math.abs(got[worst]! - wanted[worst]!);
  if (!(difference <= tolerance)) {
    throw new Error(`${name}[${worst}] is ${got[worst]}; recorded ${wanted[worst]}, within ${tolerance}`);
  }
}
