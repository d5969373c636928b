import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type Import, importsOf, resolve } from './imports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Which areas each area may import, itself apart. Whatever is in none of them may be imported by nobody. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'layers/engine': [],
  'layers/zoo': ['layers/engine'],
  'layers/domain': [],
  'layers/aws': ['layers/domain'],
  'layers/embedded': ['layers/domain'],
  'layers/outgoing': ['layers/domain'],
  'layers/client': [],
  'layers/pickle': [],
  'layers/vault': ['layers/pickle', 'layers/domain'],
  'layers/onnxruntime': [],
  'layers/learning': ['layers/zoo', 'layers/engine', 'layers/pickle', 'layers/domain'],
  'layers/training': ['layers/learning', 'layers/zoo', 'layers/engine', 'layers/domain'],
  functions: ['layers'],
  containers: ['layers'],
  infra: ['layers'],
  bench: ['layers', 'functions', 'containers', 'bin/virtual-environment.ts', 'infra/command-line.ts'],
  bin: [],
};

/** Packages that only some files may import, because everything else is to go through those. */
const ONLY_IN: Record<string, RegExp> = {
  'onnxruntime-node': /^layers\/engine\/runtime\.ts$/,
  'node:sqlite': /^(layers\/embedded\/|test\/)/,
  '@aws-sdk/': /^(layers\/aws\/|infra\/aws\/|test\/)/,
  // What calls an address that a user chose has to check it first.
  'node:https': /^(layers\/outgoing\/|test\/)/,
  'ipaddr.js': /^layers\/outgoing\//,
  // Beside the compiler of version 7, for a generator that needs an earlier one's API.
  'typescript-5': /^infra\/client\//,
  // Both read files that anyone may have made: their bounds are in one place each.
  sharp: /^layers\/learning\/image\/(?:decode|png)\.ts$/,
  yauzl: /^layers\/learning\/files\/zip\.ts$/,
  // Where it is not installed, Node's own does.
  '@node-rs/argon2': /^layers\/domain\/argon2id\.ts$/,
  protobufjs: /^layers\/(engine\/onnx|learning\/encoder\/sentencepiece)\//,
  '@aws-crypto/': /^(layers\/vault\/encryption\/aes(-message)?\.ts$|bench\/|test\/)/,
};

/** The packages of an area that is kept pure. */
const PACKAGES_OF: Record<string, readonly string[]> = { 'layers/domain': ['zod', 'uuid', '@node-rs/argon2'] };

const files = globSync('{infra,functions,layers,containers,bench,bin}/**/*.ts', { cwd: root }).sort();
const areaOf = (file: string): string => Object.keys(MAY_IMPORT).find((area) => file.startsWith(`${area}/`)) ?? file;
const imports = files.flatMap((file) => importsOf(root, file));
const show = (one: Import): string => `${one.from} imports ${one.specifier}`;

describe('the import rule', () => {
  test('sees the program', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  test('every area imports only what lies below it', () => {
    const wrong = imports.filter((one) => {
      const target = resolve(root, one, manifest.imports);
      if (target === undefined) return false;
      const [from, to] = [areaOf(one.from), areaOf(target)];
      const allowed = MAY_IMPORT[from] ?? [];
      return from !== to && !allowed.some((area) => target === area || target.startsWith(`${area}/`));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test('every import of ours names a file that exists', () => {
    const known = new Set([...files, ...globSync('layers/**/*.json', { cwd: root })]);
    const wrong = imports.filter((one) => {
      const target = resolve(root, one, manifest.imports);
      return target !== undefined && !known.has(target);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test('native and vendor packages are imported in one place each', () => {
    const wrong = imports.filter((one) =>
      Object.entries(ONLY_IN).some(([name, where]) => one.specifier.startsWith(name) && !where.test(one.from)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('what is particular to images or to series is known to their folders, the list of kinds, the preview of a ZIP, and models of others', () => {
    const ofKind = /^layers\/learning\/(image|series)\//;
    const others = imports.filter((one) => {
      const [, kind] = ofKind.exec(resolve(root, one, manifest.imports) ?? '') ?? [];
      return kind !== undefined && !one.from.startsWith('bench/') && !one.from.startsWith(`layers/learning/${kind}/`);
    });
    expect([...new Set(others.map(({ from }) => from))]).toEqual([
      // Models of others take rows or images; with the list of kinds, what serves them would have all that reads files.
      'layers/learning/imported/feeds.ts',
      'layers/learning/imported/files.ts',
      'layers/learning/kinds.ts',
      'layers/learning/preview.ts',
    ]);
  });

  test('the domain knows no package but its schema library, its identifiers and the hash of passwords', () => {
    const wrong = imports.filter((one) => {
      const packages = PACKAGES_OF[areaOf(one.from)];
      const ours = resolve(root, one, manifest.imports) !== undefined;
      return packages && !ours && !isBuiltin(one.specifier) && !packages.includes(one.specifier);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  /**
   * An operation's gradient is made of other operations, so their families refer to each other by nature; and what a
   * node, its operation and the writer of both are is said in each other's types.
   */
  const isOp = (file: string): boolean => /^layers\/engine\/(ops\/|graph\.ts$|op\.ts$|onnx\/write\.ts$)/.test(file);

  test('no two files import each other, however long the way round', () => {
    const edges = new Map(files.map((file) => [file, [] as string[]]));
    for (const one of imports) {
      const target = resolve(root, one, manifest.imports);
      if (target === undefined || !edges.has(target) || (isOp(one.from) && isOp(target))) continue;
      edges.get(one.from)!.push(target);
    }
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const next of edges.get(file)!) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('every package that is imported is in the manifest', () => {
    const listed = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]);
    const missing = imports.filter((one) => {
      if (resolve(root, one, manifest.imports) !== undefined || isBuiltin(one.specifier)) return false;
      const name = packageOf(one.specifier);
      return !listed.has(name) && !(one.typeOnly && listed.has(`@types/${name}`));
    });
    expect(missing.map(show)).toEqual([]);
  });
});

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
