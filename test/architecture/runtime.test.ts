/** Which modules may load ONNX Runtime, and what they have to do before: it calls its vendor unless it is told not to. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { importsOf, resolve } from './imports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const RUNTIME = 'layers/engine/runtime.ts';
const TELEMETRY = 'layers/engine/telemetry.ts';

const files = globSync('{infra,functions,layers,containers,bench,bin,test}/**/*.{ts,mjs,cjs}', { cwd: root }).sort();
const imports = files.flatMap((file) => importsOf(root, file));
const targetOf = (one: (typeof imports)[number]) => resolve(root, one, manifest.imports);
const importing = (file: string): string[] => imports.filter((one) => targetOf(one) === file).map(({ from }) => from);

describe('ONNX Runtime', () => {
  test('is loaded by one module, whose first import turns its telemetry off', () => {
    const loading = imports.filter(({ specifier, typeOnly }) => /^onnxruntime-/.test(specifier) && !typeOnly);
    expect([...new Set(loading.map(({ from }) => from))]).toEqual([RUNTIME]);
    const own = imports.filter(({ from }) => from === RUNTIME);
    expect(own.map((one) => targetOf(one) ?? one.specifier)).toEqual([
      TELEMETRY,
      'onnxruntime-node',
      'onnxruntime-node/dist/binding.js',
    ]);
  });

  test('is turned to by sessions of the engine, and by measurements of the runtime itself', () => {
    expect(importing(RUNTIME).filter((file) => !file.startsWith('bench/'))).toEqual(['layers/engine/run.ts']);
  });

  test('is told so by programs in Python before they import it', () => {
    const programs = globSync('{infra,layers,containers,bench,test}/**/*.py', { cwd: root });
    const loading = programs
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .filter((source) => /^(import|from) onnxruntime/m.test(source));
    expect(loading).not.toEqual([]);
    for (const source of loading)
      expect(source).toMatch(/^os\.environ\["ORT_DISABLE_TELEMETRY"\] = "1"$[\s\S]*^(import|from) onnxruntime/m);
  });

  test('is told so by every module that starts threads: a thread cannot change what the process was told', () => {
    const starting = files.filter((file) => /\bnew (\w+\.)?Worker\(/.test(readFileSync(join(root, file), 'utf8')));
    expect(starting).toContain('infra/embedded/invoke/thread.ts');
    const told = new Set(importing(TELEMETRY));
    // Those that hash, or hold a lock, import nothing.
    const without = [
      'layers/vault/encryption/hash-thread.ts',
      'test/vault/wrapping/one-large.test.ts',
      'test/engine/telemetry.test.ts',
    ];
    expect(starting.filter((file) => !told.has(file) && !without.includes(file))).toEqual([]);
  });
});
