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

/**
 * A piece of code that determines a gradient: a rule, a function that a rule calls, or a composition of operations,
 * whose gradient follows from theirs.
 */
export interface Region {
  readonly source: Source;
  readonly node: Syntax;
  /** Its name: `convOp.vjp`, `inputGradient`. */
  readonly within: string;
  /** What a rule returns: a list of cotangents, one per input, or one cotangent; null if it is not a rule. */
  readonly answers: 'list' | 'value' | null;
}

const FUNCTIONS = ['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration'];

/** Resolves a name in a file: declared there at the top level, or in a sibling file that it is imported from. */
type Names = (source: Source, name: string) => { readonly source: Source; readonly declared: Syntax } | undefined;

function namesOf(sources: ReadonlyMap<string, Source>): Names {
  const declared = new Map([...sources].map(([file, source]) => [file, declarations(source)]));
  const imported = new Map([...sources].map(([file, source]) => [file, importsOf(source)]));
  return ({ file }, name) => {
    const home = imported.get(file)?.get(name) ?? file;
    const [source, found] = [sources.get(home), declared.get(home)?.get(name)];
    return source && found ? { source, declared: found } : undefined;
  };
}

function declarations({ items }: Source): Map<string, Syntax> {
  const found = new Map<string, Syntax>();
  for (const item of items) {
    const declared = item.type === 'ExportDeclaration' ? node(item.declaration) : item;
    if (declared.type === 'FunctionDeclaration') found.set(nameOf(declared.identifier), declared);
    if (declared.type !== 'VariableDeclaration') continue;
    for (const one of nodes(declared.declarations)) if (isNode(one.init)) found.set(nameOf(one.id), bare(one.init));
  }
  return found;
}

/** The names that a file imports from sibling files, and the file. */
function importsOf({ items }: Source): Map<string, string> {
  const found = new Map<string, string>();
  for (const item of items) {
    if (item.type !== 'ImportDeclaration' || item.typeOnly === true) continue;
    const from = String(node(item.source).value);
    if (!from.startsWith('./')) continue;
    for (const one of nodes(item.specifiers)) found.set(nameOf(one.local), from.slice(2));
  }
  return found;
}

function within(root: Syntax, visit: (one: Syntax) => void): void {
  visit(root);
  for (const child of children(root)) within(child, visit);
}

/** The rules of a file: properties `vjp` or `gradient`, and arguments for parameters of those names. */
function rulesOf(source: Source, names: Names): Region[] {
  const rules: Region[] = [];
  const add = (from: Source, value: Syntax, name: string, key: string): void => {
    const rule = bare(value);
    const elsewhere = names(from, nameOf(rule));
    if (rule.type === 'ArrayExpression')
      for (const [i, one] of expressions(rule.elements).entries()) add(from, one, `${name}.${i}`, key);
    else if (rule.type === 'ConditionalExpression')
      for (const part of [rule.consequent, rule.alternate]) add(from, node(part), name, key);
    else if (FUNCTIONS.includes(rule.type))
      rules.push({ source: from, node: rule, within: name, answers: key === 'vjp' ? 'list' : 'value' });
    else if (elsewhere && FUNCTIONS.includes(elsewhere.declared.type))
      add(elsewhere.source, elsewhere.declared, nameOf(rule), key);
  };
  for (const [name, declaration] of declarations(source))
    within(declaration, (one) => {
      for (const { key, value } of rulesUnder(one)) add(source, value, `${labelOf(one) ?? name}.${key}`, key);
      const callee = one.type === 'CallExpression' ? names(source, nameOf(one.callee))?.declared : undefined;
      if (callee?.type !== 'FunctionDeclaration') return;
      const parameters = parametersOf(callee);
      for (const [i, value] of expressions(one.arguments).entries())
        if (RULES.has(parameters[i]!)) add(source, value, `${name}.${parameters[i]}`, parameters[i]!);
    });
  return rules;
}

const RULES = new Set(['vjp', 'gradient']);

function rulesUnder(object: Syntax): { readonly key: string; readonly value: Syntax }[] {
  const properties = object.type === 'ObjectExpression' ? nodes(object.properties) : [];
  return properties.flatMap((property) => {
    const key = nameOf(property.key);
    return RULES.has(key) && isNode(property.value) ? [{ key, value: property.value }] : [];
  });
}

/** The operation's name, if an object has it: `name: 'Conv'`. */
function labelOf(object: Syntax): string | undefined {
  const property = nodes(object.properties).find(({ key }) => nameOf(key) === 'name');
  const value = isNode(property?.value) ? bare(property.value) : undefined;
  return value?.type === 'StringLiteral' ? String(value.value) : undefined;
}

/** The function that calling a declared name runs, if it is one of ours: `const f = Object.assign((…) => …, { op })` too. */
function bodyOf(declaration: Syntax): Syntax | undefined {
  if (FUNCTIONS.includes(declaration.type)) return declaration;
  const [first] = declaration.type === 'CallExpression' ? expressions(declaration.arguments) : [];
  return first?.type === 'ArrowFunctionExpression' ? first : undefined;
}

/** Functions that make nodes: by convention their first parameter is the builder `b`. */
function compositionsOf(source: Source): Region[] {
  return [...declarations(source)].flatMap(([name, declared]) => {
    const body = bodyOf(declared);
    return body && parametersOf(body)[0] === 'b' ? [{ source, node: body, within: name, answers: null }] : [];
  });
}

/** The rules and compositions of the files, then the functions in the files that they call, directly or indirectly. */
export function regions(sources: ReadonlyMap<string, Source>): Region[] {
  const names = namesOf(sources);
  const found: Region[] = [];
  const known = new Set<Syntax>();
  const add = (region: Region) => {
    if (!known.has(region.node)) found.push(region);
    known.add(region.node);
  };
  for (const source of sources.values()) rulesOf(source, names).forEach(add);
  for (const source of sources.values()) compositionsOf(source).forEach(add);
  // The list grows while it is iterated.
  for (const { source, node } of found)
    within(node, (one) => {
      const called = names(source, nameOf(one));
      const body = called && bodyOf(called.declared);
      if (called && body) add({ source: called.source, node: body, within: nameOf(one), answers: null });
    });
  return found;
}
