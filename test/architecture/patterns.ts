/** The regular expressions of a source file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';

export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

export interface Patterns {
  readonly fixed: readonly Pattern[];
  /** Expressions that become a pattern only when the program runs, as they stand in the file. */
  readonly dynamic: readonly string[];
}

/** Methods of strings that make a regular expression of a string. */
const CONVERTING = new Set(['match', 'matchAll', 'search']);

type Node = { readonly type: string; readonly [field: string]: unknown };

/** Literals, `RegExp(…)` with or without `new`, and strings that `match`, `matchAll` and `search` take for patterns. */
export function patternsOf(source: string): Patterns {
  const fixed: Pattern[] = [];
  const dynamic: string[] = [];
  const take = (node: Node, [pattern, flags]: readonly (Node | undefined)[]): void => {
    const text = pattern && stringOf(pattern);
    const given = flags === undefined ? '' : stringOf(flags);
    if (text === undefined || given === undefined) dynamic.push(shown(node));
    else fixed.push({ source: text, flags: given });
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    if (!isNode(value)) return;
    if (value.type === 'RegExpLiteral') fixed.push({ source: String(value.pattern), flags: String(value.flags) });
    const called = calledBy(value);
    if (called === 'RegExp') take(value, argumentsOf(value));
    else if (called !== undefined && CONVERTING.has(called)) {
      const [first] = argumentsOf(value);
      if (first && (stringOf(first) !== undefined || first.type === 'TemplateLiteral')) take(value, [first]);
    }
    for (const [field, child] of Object.entries(value)) if (field !== 'span') visit(child);
  };
  visit(parseSync(source, { syntax: 'typescript', target: 'es2024' }).body);
  return { fixed, dynamic };
}

export const patternsIn = (root: string, file: string): Patterns => patternsOf(readFileSync(join(root, file), 'utf8'));

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

function argumentsOf(node: Node): readonly Node[] {
  const given = (node.arguments ?? []) as readonly { readonly expression: Node }[];
  return given.map(({ expression }) => expression);
}

/** The name of what is called or made, without what stands before its last dot. */
function calledBy(node: Node): string | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const called = node.callee as Node;
  const callee = called.type === 'OptionalChainingExpression' ? (called.base as Node) : called;
  const name = callee.type === 'MemberExpression' ? (callee.property as Node) : callee;
  return name.type === 'Identifier' ? String(name.value) : undefined;
}

/** What the expression is known to be without running it. */
function stringOf(node: Node): string | undefined {
  if (node.type === 'StringLiteral') return String(node.value);
  if (node.type !== 'TemplateLiteral' || (node.expressions as readonly unknown[]).length > 0) return undefined;
  return (node.quasis as readonly { readonly cooked: string }[])[0]!.cooked;
}

const shown = (node: Node): string =>
  `${calledBy(node)}(${argumentsOf(node)
    .map(({ type }) => type)
    .join(', ')})`;
