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

/** A piece of code that computes a gradient: a rule, or a function that a rule calls. */
export interface Region {
  readonly source: Source;
  readonly node: Syntax;
  /** Where it stands: `convOp.vjp`, `inputGradient`. */
  readonly within: string;
  /** How a rule answers: with a list of cotangents, one an input, or with one cotangent; null for what a rule calls. */
  readonly answers: 'list' | 'value' | null;
}

const FUNCTIONS = ['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration'];

/** What a file declares at its top level, by name. */
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

/** Names that a file takes from a neighbour, and the neighbour. */
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

/** The rules of a file: what stands under `vjp` or `gradient`, or is handed to a parameter of that name. */
function rulesOf(source: Source): Region[] {
  const declared = declarations(source);
  const rules: Region[] = [];
  const add = (value: Syntax, name: string, key: string) => {
    const rule = bare(value);
    if (rule.type === 'ArrayExpression')
      for (const [i, one] of expressions(rule.elements).entries()) add(one, `${name}.${i}`, key);
    else if (rule.type === 'ConditionalExpression')
      for (const part of [rule.consequent, rule.alternate]) add(node(part), name, key);
    else if (FUNCTIONS.includes(rule.type))
      rules.push({ source, node: rule, within: name, answers: key === 'vjp' ? 'list' : 'value' });
    else if (FUNCTIONS.includes(declared.get(nameOf(rule))?.type ?? ''))
      add(declared.get(nameOf(rule))!, nameOf(rule), key);
  };
  for (const [name, declaration] of declared)
    within(declaration, (one) => {
      const properties = one.type === 'ObjectExpression' ? nodes(one.properties) : [];
      const label = String(
        bare(
          node(
            properties.find((p) => nameOf(p.key) === 'name' && bare(node(p.value)).type === 'StringLiteral')?.value ??
              one,
          ),
        ).value ?? name,
      );
      for (const property of properties) {
        const key = nameOf(property.key);
        if ((key === 'vjp' || key === 'gradient') && isNode(property.value))
          add(property.value, `${label}.${key}`, key);
      }
      if (one.type !== 'CallExpression') return;
      const callee = declared.get(nameOf(one.callee));
      if (callee?.type !== 'FunctionDeclaration') return;
      const names = parametersOf(callee);
      for (const [i, value] of expressions(one.arguments).entries())
        if (names[i] === 'vjp' || names[i] === 'gradient') add(value, `${name}.${names[i]}`, names[i]!);
    });
  return rules;
}

/** The function that calling a declared name runs, if it is one of ours: `const f = Object.assign((…) => …, { op })` too. */
function bodyOf(declaration: Syntax | undefined): Syntax | undefined {
  if (!declaration) return undefined;
  if (FUNCTIONS.includes(declaration.type)) return declaration;
  const [first] = declaration.type === 'CallExpression' ? expressions(declaration.arguments) : [];
  return first && first.type === 'ArrowFunctionExpression' ? first : undefined;
}

/** Every rule of the files, then what the rules call, directly or not, as far as it lies in the files. */
export function regions(sources: ReadonlyMap<string, Source>): Region[] {
  const found = [...sources.values()].flatMap(rulesOf);
  const known = new Set(found.map((region) => region.node));
  const tables = new Map(
    [...sources].map(([file, source]) => [file, { declared: declarations(source), imported: importsOf(source) }]),
  );
  for (const region of found) {
    const { declared, imported } = tables.get(region.source.file)!;
    within(region.node, (one) => {
      const name = nameOf(one);
      const elsewhere = imported.get(name);
      const source = elsewhere === undefined ? region.source : sources.get(elsewhere);
      const body = bodyOf((elsewhere === undefined ? declared : tables.get(elsewhere)?.declared)?.get(name));
      if (!source || !body || known.has(body)) return;
      known.add(body);
      found.push({ source, node: body, within: name, answers: null });
    });
  }
  return found;
}
