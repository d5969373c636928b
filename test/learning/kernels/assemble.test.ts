import { describe, expect, it } from '@jest/globals';
import { assemble } from '#learning/kernels/assemble.ts';
import { MOST_PAGES, newSharedMemory } from '#learning/kernels/shared-memory.ts';

function run(text: string): (...of: number[]) => number {
  const module = new WebAssembly.Module(assemble(text, MOST_PAGES));
  const { exports } = new WebAssembly.Instance(module, { memory: { shared: newSharedMemory()! } });
  return (exports as { test: (...of: number[]) => number }).test;
}

describe('the assembler of kernels', () => {
  it('calls functions with parameters and locals', () => {
    const text = `(func $test (param $x i32) (param $y i32) (result i32) (local $sum i32)
      (local.set $sum (i32.add (local.get $x) (local.get $y))) ;; a comment
      (local.get $sum))`;
    expect(run(text)(20, 22)).toBe(42);
  });

  it.each([0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)])('writes the constant %d', (value) => {
    expect(run(`(func $test (result i32) (i32.const ${value}))`)()).toBe(value);
  });

  it('takes a constant of 64 bits without its sign', () => {
    const text = '(func $test (result i32) (i32.wrap_i64 (i64.shr_u (i64.const 0x8000000000000000) (i64.const 60))))';
    expect(run(text)()).toBe(8);
  });

  it('leaves blocks and loops by their names, also from a branch of an if', () => {
    const text = `(func $test (param $most i32) (result i32) (local $sum i32) (local $at i32)
      (block $stop
        (loop $again
          (if (i32.eq (local.get $at) (local.get $most))
            (then (br $stop))
            (else (local.set $sum (i32.add (local.get $sum) (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $again)))
      (local.get $sum))`;
    expect(run(text)(100)).toBe(4950);
  });

  it.each([
    ['(func $test (result i32) (i32.rotate (i32.const 1)))', 'i32.rotate is not known'],
    ['(func $test (result i32) (local.get $x))', '$x is not known'],
    ['(func $test (br $out))', 'there is no label $out'],
    ['(func $test (param $x u32))', 'u32 is not known'],
    ['(global $x i32)', 'must be a func with a name'],
    ['(func $test', 'a parenthesis is not closed'],
    ['(func $test))', 'a parenthesis is closed that was not opened'],
  ])('refuses %s', (text, message) => {
    expect(() => assemble(text, MOST_PAGES)).toThrow(new SyntaxError(message));
  });
});
