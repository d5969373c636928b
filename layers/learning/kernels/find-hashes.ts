/**
 * Finds the numbers whose hashes may be among the smallest, which of many numbers are few. It takes two at once, and computes
 * of each hash the upper 32 bits, as `leastHash` does (values/hash.ts).
 *
 * Numbers from `$values` on, `$length` of them; the places of those whose bits are not above `$most`, counted from the first
 * number, are written to `$places`, numbers of 32 bits. Returns how many they are.
 */
import { FACTOR, MIX, SEED } from '../values/hash.ts';

const splat = (constant: number): string => `(i32x4.splat (i32.const ${constant}))`;

/** The bits of a vector, exclusive or the same ones further down. */
const folded = (vector: string, bits: number): string =>
  `(v128.xor ${vector} (i32x4.shr_u ${vector} (i32.const ${bits})))`;

const HASHES = '(local.get $hashes)';

export const FIND_HASHES = `
(func $find_hashes
  (param $values i32) (param $length i32) (param $most i32) (param $places i32)
  (result i32)
  (local $at i32) (local $bits i32) (local $place i32) (local $count i32)
  (local $zeros v128) (local $hashes v128) (local $bounds v128)
  (local.set $bounds (i32x4.splat (local.get $most)))
  (block $stop
    (loop $pairs
      (br_if $stop (i32.ge_u (local.get $at) (local.get $length)))
      ;; Adding 0 makes -0 and 0 the same.
      (local.set $hashes (f64x2.add
        (v128.load (i32.add (local.get $values) (i32.shl (local.get $at) (i32.const 3))))
        (local.get $zeros)))
      ;; The hash of a number comes to lie where its upper half is; what is in the other halves does not matter.
      (local.set $hashes (i32x4.mul
        (v128.xor
          (i32x4.mul
            (v128.xor (i64x2.shl ${HASHES} (i32.const 32)) ${splat(SEED.a)})
            ${splat(FACTOR.b)})
          ${HASHES})
        ${splat(FACTOR.a)}))
      (local.set $hashes ${folded(HASHES, 13)})
      (local.set $hashes (i32x4.mul ${folded(HASHES, 16)} ${splat(MIX.first)}))
      (local.set $hashes (i32x4.mul ${folded(HASHES, 13)} ${splat(MIX.second)}))
      (local.set $hashes ${folded(HASHES, 16)})
      (local.set $bits (i64x2.bitmask (i32x4.le_u ${HASHES} (local.get $bounds))))
      (block $next
        (loop $found
          (br_if $next (i32.eqz (local.get $bits)))
          (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $bits))))
          ;; What follows the last number is none of them.
          (br_if $stop (i32.ge_u (local.get $place) (local.get $length)))
          (i32.store (i32.add (local.get $places) (i32.shl (local.get $count) (i32.const 2))) (local.get $place))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
          (br $found)))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br $pairs)))
  (local.get $count))
`;
