import { OPERATORS, OPS, operation } from './operators.ts';
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

/** Checks of inputs are not part of a derivative. */
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

/** Replaces a rule's result with zero: each cotangent of its list absent, or its one cotangent zeros. */
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
