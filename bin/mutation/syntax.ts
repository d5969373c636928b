import { parseSync } from '@swc/core';

/** A node of swc's syntax tree; its other members depend on its type. */
export interface Syntax {
  readonly type: string;
  /** In bytes, from 1. */
  readonly span: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

/** A file's text with its syntax tree. */
export interface Source {
  readonly file: string;
  readonly items: readonly Syntax[];
  /** The text of a node. */
  text(node: Syntax): string;
  /** The text from one byte up to another, counted as spans are. */
  between(start: number, end: number): string;
  /** The line of a node, from 1. */
  line(node: Syntax): number;
  /** The byte after the last one. */
  readonly end: number;
}

export function parse(file: string, text: string): Source {
  const bytes = Buffer.from(text);
  const between = (start: number, end: number) => bytes.subarray(start - 1, end - 1).toString();
  return {
    file,
    items: parseSync(text, { syntax: 'typescript', target: 'es2024' }).body.map(spanned).map(node),
    between,
    text: ({ span }) => between(span.start, span.end),
    line: ({ span }) => between(1, span.start).split('\n').length,
    end: bytes.length + 1,
  };
}

/** The tree with a span for the nodes that have none in swc: properties `key: value` and `...spread`. */
function spanned(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(spanned);
  if (typeof tree !== 'object' || tree === null) return tree;
  const whole = Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, spanned(value)]));
  const [first, last] =
    whole.type === 'SpreadElement' ? [{ span: whole.spread }, whole.arguments] : [whole.key, whole.value];
  if (whole.span || !isNode(last) || !first) return whole;
  return { ...whole, span: { start: (first as Syntax).span.start, end: last.span.end } };
}

export function isNode(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value;
}

/** @throws TypeError if the value is not a node */
export function node(value: unknown): Syntax {
  if (isNode(value)) return value;
  throw new TypeError(`wanted a node of the syntax tree; got ${JSON.stringify(value)}`);
}

export function nodes(value: unknown): Syntax[] {
  return Array.isArray(value) ? value.map(node) : [];
}

/** The expressions in a list of arguments or elements; spread ones and holes are left out. */
export function expressions(list: unknown): Syntax[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const { spread = null, expression } = (item ?? {}) as { spread?: unknown; expression?: unknown };
    return spread === null && isNode(expression) ? [expression] : [];
  });
}

/** Types and the names of properties are not mutated. */
const SKIPPED_KEYS = new Set([
  'span',
  'typeAnnotation',
  'typeParams',
  'typeArguments',
  'returnType',
  'typeParameters',
  'key',
]);

/** The children of a node, in source order. */
export function children(parent: Syntax): Syntax[] {
  const found: Syntax[] = [];
  const visit = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null && 'expression' in value) visit(value.expression);
  };
  for (const [key, value] of Object.entries(parent)) if (!SKIPPED_KEYS.has(key)) visit(value);
  return found.sort((p, q) => p.span.start - q.span.start);
}

/** The name if the node is an identifier, otherwise ''. */
export function nameOf(value: unknown): string {
  return isNode(value) && value.type === 'Identifier' ? String(value.value) : '';
}

/** The node without parentheses and type assertions. */
export function bare(value: Syntax): Syntax {
  const transparent = ['TsNonNullExpression', 'TsAsExpression', 'ParenthesisExpression', 'TsConstAssertion'];
  return transparent.includes(value.type) ? bare(node(value.expression)) : value;
}

/** The names of a function's parameters; '' for patterns. */
export function parametersOf(declared: Syntax): string[] {
  return nodes(declared.params).map((parameter) => nameOf(parameter.type === 'Parameter' ? parameter.pat : parameter));
}
