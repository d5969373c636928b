/**
 * Every opcode of the pickle protocols 0 to 5, with its argument and what it does to the stack, after `pickletools` of
 * Python. Nothing is executed: of all values only texts are known, since they can name what `STACK_GLOBAL` imports.
 */

/** How an argument is written. `text` and `bytes` start with their length, in so many bytes. */
export type Argument =
  | { readonly kind: 'number' | 'text' | 'bytes'; readonly bytes: number }
  | { readonly kind: 'line' }
  | { readonly kind: 'lines' }
  | { readonly kind: 'none' };

export type Effect =
  /** Takes values and puts as many unknown ones. */
  | { readonly does: 'replace'; readonly pops: number; readonly pushes: number }
  /** Takes the values down to the last mark, and puts an unknown one or none. */
  | { readonly does: 'collect'; readonly pushes: 0 | 1 }
  | { readonly does: 'mark' | 'stop' | 'pop' | 'dup' | 'text' | 'quoted' | 'escaped' }
  | { readonly does: 'get' | 'put' | 'memoize' }
  | { readonly does: 'global' | 'inst' | 'stackGlobal' | 'extension' };

export interface Opcode {
  readonly argument: Argument;
  readonly effect: Effect;
}

const none: Argument = { kind: 'none' };
const line: Argument = { kind: 'line' };
const lines: Argument = { kind: 'lines' };
const number = (bytes: number): Argument => ({ kind: 'number', bytes });
const text = (bytes: number): Argument => ({ kind: 'text', bytes });
const bytes = (of: number): Argument => ({ kind: 'bytes', bytes: of });
const replace = (pops: number, pushes: number): Effect => ({ does: 'replace', pops, pushes });
const collect = (pushes: 0 | 1): Effect => ({ does: 'collect', pushes });
const does = <T extends Exclude<Effect['does'], 'replace' | 'collect'>>(what: T) => ({ does: what });

const push = replace(0, 1);

type Row = readonly [code: string, argument: Argument, effect: Effect];

const ROWS: readonly Row[] = [
  ['(', none, does('mark')],
  ['.', none, does('stop')],
  ['0', none, does('pop')],
  ['1', none, collect(0)],
  ['2', none, does('dup')],
  ['F', line, push],
  ['I', line, push],
  ['L', line, push],
  ['J', number(4), push],
  ['K', number(1), push],
  ['M', number(2), push],
  ['N', none, push],
  ['G', number(8), push],
  ['P', line, push],
  ['Q', none, replace(1, 1)],
  ['R', none, replace(2, 1)],
  ['S', line, does('quoted')],
  ['V', line, does('escaped')],
  ['T', text(4), does('text')],
  ['U', text(1), does('text')],
  ['X', text(4), does('text')],
  ['B', bytes(4), push],
  ['C', bytes(1), push],
  ['a', none, replace(1, 0)],
  ['b', none, replace(1, 0)],
  ['c', lines, does('global')],
  ['i', lines, does('inst')],
  ['o', none, collect(1)],
  ['d', none, collect(1)],
  ['l', none, collect(1)],
  ['t', none, collect(1)],
  ['e', none, collect(0)],
  ['u', none, collect(0)],
  ['s', none, replace(2, 0)],
  ['}', none, push],
  [']', none, push],
  [')', none, push],
  ['g', line, does('get')],
  ['h', number(1), does('get')],
  ['j', number(4), does('get')],
  ['p', line, does('put')],
  ['q', number(1), does('put')],
  ['r', number(4), does('put')],
  ['\x80', number(1), replace(0, 0)],
  ['\x81', none, replace(2, 1)],
  ['\x82', number(1), does('extension')],
  ['\x83', number(2), does('extension')],
  ['\x84', number(4), does('extension')],
  ['\x85', none, replace(1, 1)],
  ['\x86', none, replace(2, 1)],
  ['\x87', none, replace(3, 1)],
  ['\x88', none, push],
  ['\x89', none, push],
  ['\x8a', bytes(1), push],
  ['\x8b', bytes(4), push],
  ['\x8c', text(1), does('text')],
  ['\x8d', text(8), does('text')],
  ['\x8e', bytes(8), push],
  ['\x8f', none, push],
  ['\x90', none, collect(0)],
  ['\x91', none, collect(1)],
  ['\x92', none, replace(3, 1)],
  ['\x93', none, does('stackGlobal')],
  ['\x94', none, does('memoize')],
  ['\x95', number(8), replace(0, 0)],
  ['\x96', bytes(8), push],
  ['\x97', none, push],
  ['\x98', none, replace(1, 1)],
];

/** By their byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  ROWS.map(([code, argument, effect]) => [code.charCodeAt(0), { argument, effect }]),
);
