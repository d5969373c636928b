import { bare, expressions, isNode, nameOf, node, type Source, type Syntax } from './syntax.ts';

/** Maps an expression to its replacements. */
export type Operator = (one: Syntax, source: Source) => readonly string[];

/** Where the instrumented code finds all operations, including those that its file does not import. */
export const OPS = 'mutation.ops';

/** Operations with the same signature, to be swapped. */
const TWINS: Readonly<Record<string, readonly string[]>> = {
  add: ['sub', 'mul'],
  sub: ['add'],
  mul: ['div', 'add'],
  div: ['mul'],
  greater: ['less', 'greaterOrEqual'],
  less: ['greater', 'lessOrEqual'],
  maximum: ['minimum'],
  minimum: ['maximum'],
  sin: ['cos'],
  cos: ['sin'],
  exp: ['sin'],
  log: ['exp'],
  floor: ['ceil'],
  reduceSum: ['reduceMean'],
  reduceMean: ['reduceSum'],
};

/** Dropping one of these operations may leave either operand. */
const BINARY = new Set(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'matMul']);
const ORDERED = new Set(['sub', 'div', 'pow', 'matMul', 'gemm', 'product']);

const BUILDERS = new Set(['b', 'inner']);

/** `f(b, …)`. */
interface Operation {
  readonly name: string;
  readonly builder: string;
  /** What follows the builder. */
  readonly operands: readonly Syntax[];
}

/** The operation that an expression applies; undefined for other code. */
export function operation(one: Syntax): Operation | undefined {
  if (one.type !== 'CallExpression') return undefined;
  const [first, ...operands] = expressions(one.arguments);
  const [name, builder] = [nameOf(one.callee), nameOf(first)];
  return name !== '' && BUILDERS.has(builder) && operands.length > 0 ? { name, operands, builder } : undefined;
}

/** Whether the expression can be a tensor value. */
function isValue(one: Syntax | undefined): one is Syntax {
  const types = [
    'NumericLiteral',
    'ArrayExpression',
    'ArrowFunctionExpression',
    'ObjectExpression',
    'UnaryExpression',
    'StringLiteral',
  ];
  return one !== undefined && !types.includes(bare(one).type);
}

const swapHelper: Operator = (one, source) => {
  const { name = '', operands = [], builder } = operation(one) ?? {};
  const rest = [builder, ...operands.map((operand) => source.text(operand))].join(', ');
  return (TWINS[name] ?? []).map((twin) => `${OPS}.${twin}(${rest})`);
};

const dropOperation: Operator = (one, source) => {
  const { name = '', operands = [] } = operation(one) ?? {};
  const left = name === 'where' ? operands.slice(1, 3) : operands.slice(0, BINARY.has(name) ? 2 : 1);
  const method = isNode(one.callee) ? nameOf(one.callee.property) : '';
  const applied = method === 'apply1' ? expressions(one.arguments)[1] : undefined;
  const inputs = applied?.type === 'ArrayExpression' ? expressions(applied.elements) : [];
  return [...left, ...inputs.slice(0, 1)].filter(isValue).map((operand) => source.text(operand));
};

const swapOperands: Operator = (one, source) => {
  const { name = '', operands = [], builder } = operation(one) ?? {};
  const texts = operands.map((operand) => source.text(operand));
  const swapped = (i: number) => [
    `${name}(${[builder, ...texts.with(i, texts[i + 1]!).with(i + 1, texts[i]!)].join(', ')})`,
  ];
  if (ORDERED.has(name) && operands.length >= 2) return swapped(0);
  return name === 'where' && operands.length === 3 ? swapped(1) : [];
};

const changeNumber: Operator = (one) => {
  if (one.type !== 'NumericLiteral') return [];
  const value = Number(one.value);
  return Number.isInteger(value) ? [`${value + 1}`, `${value - 1}`] : [`${value * 2}`];
};

const flipBoolean: Operator = (one) => (one.type === 'BooleanLiteral' ? [`${one.value !== true}`] : []);

const REDUCTIONS: Readonly<Record<string, string>> = { add: 'none', none: 'add' };
const changeText: Operator = (one) => {
  const other = one.type === 'StringLiteral' ? REDUCTIONS[String(one.value)] : undefined;
  return other ? [`'${other}'`] : [];
};

const SYMBOLS: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '&&': ['||'],
  '||': ['&&'],
};
const swapSymbol: Operator = (one, source) => {
  if (one.type !== 'BinaryExpression') return [];
  const [left, right] = [source.text(node(one.left)), source.text(node(one.right))];
  if (one.operator === '??') return [left, right];
  return (SYMBOLS[String(one.operator)] ?? []).map((symbol) => `(${left}) ${symbol} (${right})`);
};

const dropSign: Operator = (one, source) =>
  one.type === 'UnaryExpression' && ['!', '-'].includes(String(one.operator)) ? [source.text(node(one.argument))] : [];

/** `need ? x : undefined` is not changed to `x`: an unneeded cotangent is discarded anyway. */
const chooseOne: Operator = (one, source) => {
  if (one.type !== 'ConditionalExpression') return [];
  const { consequent, alternate } = one;
  return [...(nameOf(alternate) === 'undefined' ? [] : [consequent]), alternate].map((part) => source.text(node(part)));
};

const METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  some: 'every',
  every: 'some',
};
const swapMethod: Operator = (one, source) => {
  const callee = one.type === 'CallExpression' ? node(one.callee) : one;
  if (callee.type !== 'MemberExpression' || one.type !== 'CallExpression') return [];
  const [object, name] = [source.text(node(callee.object)), nameOf(callee.property)];
  if (name === 'filter') return [object];
  const rest = source.between(callee.span.end, one.span.end);
  return METHODS[name] ? [`${object}.${METHODS[name]}${rest}`] : [];
};

export const OPERATORS: readonly Operator[] = [
  swapHelper,
  dropOperation,
  swapOperands,
  changeNumber,
  flipBoolean,
  changeText,
  swapSymbol,
  dropSign,
  chooseOne,
  swapMethod,
];
