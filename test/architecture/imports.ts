import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from '@swc/core';

/** One import: which file, what it names, and whether only types are taken. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** The imports of a TypeScript file, dynamic ones with a literal specifier included. */
export function importsOf(root: string, file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const found: Import[] = [];
  for (const item of parseSync(source, { syntax: 'typescript', target: 'es2024' }).body) {
    if (item.type === 'ImportDeclaration') {
      const named = item.specifiers;
      const typeOnly =
        item.typeOnly || (named.length > 0 && named.every((one) => 'isTypeOnly' in one && one.isTypeOnly));
      found.push({ from: file, specifier: item.source.value, typeOnly });
    } else if ((item.type === 'ExportNamedDeclaration' && item.source) || item.type === 'ExportAllDeclaration') {
      found.push({ from: file, specifier: item.source!.value, typeOnly: false });
    }
  }
  for (const [, specifier] of source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ from: file, specifier: specifier!, typeOnly: false });
  }
  return found;
}

/** The file that an import of ours means, relative to the root; `undefined` for a package. */
export function resolve(root: string, one: Import, aliases: Readonly<Record<string, string>>): string | undefined {
  if (one.specifier.startsWith('.')) {
    return relative(root, join(root, dirname(one.from), one.specifier));
  }
  for (const [alias, target] of Object.entries(aliases)) {
    const prefix = alias.slice(0, -1);
    if (one.specifier.startsWith(prefix)) {
      return join(target.slice(0, -1), one.specifier.slice(prefix.length));
    }
  }
  return undefined;
}
