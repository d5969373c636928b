import {
  bare,
  children,
  expressions,
  isNode,
  nameOf,
  node,
  nodes,
  parametersOf,
  type Source,
  type Syntax,
} from './syntax.ts';

/** A change to one expression. */
export interface Change {
  readonly node: Syntax;
  readonly text: string;
  /** Whether the expression is a shorthand property, which needs its name again. */
  readonly shorthand?: string;
}

type Operator = (one: Syntax, source: Source) => readonly string[];

/** Where the instrumented code finds the vocabulary, also the part of it that its file does not import. */
export const OPS = 'mutation.ops';

/** Operations of the same signature, one for the other. */
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

/** Both operands may be what is left when the operation is dropped. */
const BINARY = new Set(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'matMul']);
const ORDERED = new Set(['sub', 'div', 'pow', 'matMul', 'gemm', 'product']);

const BUILDERS = new Set(['b', 'inner']);

/** `f(b, …)`: the name of f and what follows the builder; undefined for other code. */
function operation(
  one: Syntax,
): { readonly name: string; readonly operands: Syntax[]; readonly builder: string } | undefined {
  if (one.type !== 'CallExpression') return undefined;
  const [first, ...operands] = expressions(one.arguments);
  const [name, builder] = [nameOf(one.callee), nameOf(first)];
  return name !== '' && BUILDERS.has(builder) && operands.length > 0 ? { name, operands, builder } : undefined;
}

/** Whether the expression can stand where a value is wanted. */
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

/** `need ? x : undefined` is not made to be x always: a cotangent that nobody needs is thrown away. */
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

const OPERATORS: readonly Operator[] = [
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

const POSITIONS = new Set(['start', 'end', 'from', 'to', 'axis', 'step']);

/** Positions off by one: `{ start }`, `{ axis: at }`, `slice(b, x, axis, from, to)`. */
function offByOne(one: Syntax, source: Source): Change[] {
  if (one.type === 'ObjectExpression')
    return nodes(one.properties).flatMap((property): Change[] => {
      const shorthand = nameOf(property);
      if (POSITIONS.has(shorthand)) return [{ node: property, text: `${shorthand} + 1`, shorthand }];
      const value = isNode(property.value) ? property.value : undefined;
      const given = POSITIONS.has(nameOf(property.key)) && value && value.type !== 'NumericLiteral';
      return given ? [{ node: value, text: `(${source.text(value)}) + 1` }] : [];
    });
  const { operands = [] } = operation(one) ?? {};
  return operands
    .filter((operand) => POSITIONS.has(nameOf(operand)))
    .map((operand) => ({ node: operand, text: `${nameOf(operand)} + 1` }));
}

function isThrow(statement: unknown): boolean {
  if (!isNode(statement)) return false;
  const [only, ...more] = statement.type === 'BlockStatement' ? nodes(statement.stmts) : [statement];
  return more.length === 0 && only?.type === 'ThrowStatement';
}

/** What checks its inputs and throws is no part of a derivative. */
function isGuard(one: Syntax): boolean {
  return (
    one.type === 'ThrowStatement' ||
    (one.type === 'IfStatement' && isThrow(one.consequent)) ||
    (one.type === 'CallExpression' && /^expect[A-Z]/.test(nameOf(one.callee)))
  );
}

const PATTERNS = ['ObjectPattern', 'ArrayPattern', 'Parameter', 'Identifier'];

/** All changes to the code of a function, outer ones first. */
export function changesIn(root: Syntax, source: Source): Change[] {
  if (isGuard(root)) return [];
  const own = OPERATORS.flatMap((operator) => operator(root, source).map((text): Change => ({ node: root, text })));
  const decided = root.type === 'IfStatement' ? node(root.test) : undefined;
  const conditions = decided ? ['true', 'false'].map((text): Change => ({ node: decided, text })) : [];
  const below = children(root).filter((child) => !(child.type.startsWith('Ts') && bare(child) === child));
  const isFunction = 'params' in root;
  const inside = isFunction ? below.filter((child) => !PATTERNS.includes(child.type)) : below;
  return [...own, ...offByOne(root, source), ...conditions, ...inside.flatMap((child) => changesIn(child, source))];
}

/** What a rule answers, made zero: each cotangent of its list absent, or its one cotangent zeros. */
export function zeroed(rule: Syntax, answers: 'list' | 'value', source: Source): Change[] {
  const [builder] = parametersOf(rule);
  const body = node(rule.body);
  const results = ['BlockStatement', 'FunctionBody'].includes(body.type) ? returned(body) : [bare(body)];
  return results.flatMap((result): Change[] => {
    if (answers === 'value') return [{ node: result, text: `${OPS}.zerosLike(${builder}, ${source.text(result)})` }];
    if (result.type !== 'ArrayExpression') return [];
    return expressions(result.elements)
      .filter((one) => nameOf(one) !== 'undefined' && one.type !== 'ConditionalExpression')
      .map((one) => ({ node: one, text: 'undefined' }));
  });
}

function returned(block: Syntax): Syntax[] {
  return children(block).flatMap((child) => {
    if (child.type === 'ReturnStatement') return isNode(child.argument) ? [bare(child.argument)] : [];
    return child.type === 'IfStatement' ? returned(child) : [];
  });
}
