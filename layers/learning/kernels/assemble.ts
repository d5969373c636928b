/**
 * Assembles functions in the text format of WebAssembly, so that they are read and kept as text and no tool is needed to
 * build them. It knows what our kernels need of the format: one memory that threads share, exported functions, and
 * instructions in their folded form. Whatever else is written is an error.
 */
import { ALIGNMENTS, OPCODES } from './opcodes.ts';

type Expression = string | readonly Expression[];

const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b };
const CODE = { block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, br_if: 0x0d, return: 0x0f } as const;
const LOCALS: Readonly<Record<string, number>> = { 'local.get': 0x20, 'local.set': 0x21, 'local.tee': 0x22 };
/** Their codes, and their bits. */
const CONSTANTS: Readonly<Record<string, readonly [number, number]>> = {
  'i32.const': [0x41, 32],
  'i64.const': [0x42, 64],
};
const [FUNCTION, EXPORTED_FUNCTION, NO_RESULT, SHARED_MEMORY, MEMORY] = [0x60, 0, 0x40, 3, 2];

/** A module that imports `memory.shared`, with up to so many pages, and exports the functions of the text by their names. */
export function assemble(text: string, pages: number): Uint8Array<ArrayBuffer> {
  const functions = parse(text).map(assembled);
  const memory = [...name('memory'), ...name('shared'), MEMORY, SHARED_MEMORY, ...unsigned(0), ...unsigned(pages)];
  return Uint8Array.from([
    ...MAGIC,
    ...section(
      SECTION.type,
      functions.map(({ type }) => type),
    ),
    ...section(SECTION.import, [memory]),
    ...section(
      SECTION.function,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      SECTION.export,
      functions.map((one, index) => [...name(one.name), EXPORTED_FUNCTION, ...unsigned(index)]),
    ),
    ...section(
      SECTION.code,
      functions.map(({ body }) => [...unsigned(body.length), ...body]),
    ),
  ]);
}

/** Lists of words and lists; `;;` begins a comment. */
function parse(text: string): readonly Expression[] {
  const open: Expression[][] = [[]];
  for (const [token] of text.replaceAll(/;;[^\n]*/g, '').matchAll(/[()]|[^\s()]+/g)) {
    if (token === '(') open.push([]);
    else if (token === ')') {
      const list = open.pop()!;
      if (open.length === 0) throw new SyntaxError('a parenthesis is closed that was not opened');
      open.at(-1)!.push(list);
    } else open.at(-1)!.push(token);
  }
  if (open.length > 1) throw new SyntaxError('a parenthesis is not closed');
  return open[0]!;
}

/** `(func $name (param $x i32) … (result i32) (local $y i64) … instructions)`. */
function assembled(func: Expression) {
  const [keyword, title, ...rest] = func;
  if (keyword !== 'func' || typeof title !== 'string') throw new SyntaxError('must be a func with a name');
  const of = (kind: string) => rest.filter((one) => typeof one !== 'string' && one[0] === kind);
  const [params, results, locals] = [of('param'), of('result'), of('local')];
  const typeOf = (one: Expression) => known(TYPES, String(one.at(-1)));
  const names = [...params, ...locals].map((one) => String(one[1]));
  const context = { locals: Object.fromEntries(names.map((one, index) => [one, index])), labels: [] };
  const code = rest.filter((one) => ![...params, ...results, ...locals].includes(one));
  return {
    name: title.slice(1),
    type: [FUNCTION, ...vector(params.map((one) => [typeOf(one)])), ...vector(results.map((one) => [typeOf(one)]))],
    body: [
      ...vector(locals.map((one) => [1, typeOf(one)])),
      ...code.flatMap((one) => instruction(one, context)),
      CODE.end,
    ],
  };
}

interface Context {
  readonly locals: Readonly<Record<string, number>>;
  /** Of the blocks around an instruction, the innermost one first. */
  readonly labels: readonly string[];
}

function instruction(expression: Expression, context: Context): number[] {
  const [operator, ...rest] = typeof expression === 'string' ? [expression] : expression;
  const all = (some: readonly Expression[], within = context) => some.flatMap((one) => instruction(one, within));
  const labelled = (label: string) => ({ ...context, labels: [label, ...context.labels] });
  if (typeof operator !== 'string') throw new SyntaxError(`must begin with an instruction; got ${operator}`);
  const first = String(rest[0]);
  if (operator === 'block' || operator === 'loop') {
    return [CODE[operator], NO_RESULT, ...all(rest.slice(1), labelled(first)), CODE.end];
  }
  if (operator === 'if') {
    const [condition, then = [], otherwise = []] = rest;
    const [yes, no] = [then, otherwise].map((branch) => all(branch.slice(1) as Expression[], labelled('')));
    return [
      ...all([condition!]),
      CODE.if,
      NO_RESULT,
      ...yes!,
      ...(no!.length > 0 ? [CODE.else, ...no!] : []),
      CODE.end,
    ];
  }
  if (operator === 'br' || operator === 'br_if') {
    const depth = context.labels.indexOf(first);
    if (depth < 0) throw new SyntaxError(`there is no label ${first}`);
    return [...all(rest.slice(1)), CODE[operator], ...unsigned(depth)];
  }
  if (operator === 'return') return [...all(rest), CODE.return];
  if (operator in LOCALS) return [...all(rest.slice(1)), LOCALS[operator]!, ...unsigned(known(context.locals, first))];
  if (operator in CONSTANTS) {
    const [code, bits] = CONSTANTS[operator]!;
    return [code, ...signed(BigInt.asIntN(bits, BigInt(first)))];
  }
  const offset = /^offset=(\d+)$/.exec(first)?.[1];
  const operands = all(offset === undefined ? rest : rest.slice(1));
  const alignment = ALIGNMENTS[operator];
  const place = alignment === undefined ? [] : [...unsigned(alignment), ...unsigned(Number(offset ?? 0))];
  return [...operands, ...known(OPCODES, operator), ...place];
}

function known<T>(of: Readonly<Record<string, T>>, word: string): T {
  const found = Object.hasOwn(of, word) ? of[word] : undefined;
  if (found === undefined) throw new SyntaxError(`${word} is not known`);
  return found;
}

const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const name = (text: string): number[] => [...unsigned(text.length), ...Buffer.from(text)];

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = vector(items);
  return [id, ...unsigned(content.length), ...content];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same with a sign, in two's complement. */
function signed(value: bigint): number[] {
  const low = Number(BigInt.asUintN(7, value));
  const rest = value >> 7n;
  const isLast = rest === (low & 0x40 ? -1n : 0n);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
