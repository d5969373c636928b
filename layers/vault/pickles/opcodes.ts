/**
 * Every opcode of the pickle protocols 0 to 5, with its argument and what it does to the stack, after `pickletools` of
 * Python. Nothing is executed: values are followed as far as `values.ts` needs them.
 */

/** How an argument is written. `text` and `bytes` start with their length, in so many bytes. */
export type Argument =
  | { readonly kind: 'number' | 'text' | 'bytes'; readonly bytes: number }
  | { readonly kind: 'line' }
  | { readonly kind: 'lines' }
  | { readonly kind: 'none' };

export type Effect =
  /** Takes values, and puts so many that may be anything. */
  | { readonly does: 'replace'; readonly pops: number; readonly pushes: number }
  /** Takes the values down to the last mark, and puts an unknown one or none. */
  | { readonly does: 'collect'; readonly pushes: 0 | 1 }
  /** Takes so many values, or those down to the last mark, and puts them as one. */
  | { readonly does: 'tuple'; readonly of: number | 'mark' }
  | { readonly does: 'integer' | 'other' | 'dict' | 'setItem' | 'setItems' | 'call' | 'build' }
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
const does = <T extends Exclude<Effect['does'], 'replace' | 'collect' | 'tuple'>>(what: T) => ({ does: what });

const tuple = (of: number | 'mark'): Effect => ({ does: 'tuple', of });

const other = does('other');

type Row = readonly [code: string, argument: Argument, effect: Effect];

const ROWS: readonly Row[] = [
  ['(', none, does('mark')],
  ['.', none, does('stop')],
  ['0', none, does('pop')],
  ['1', none, collect(0)],
  ['2', none, does('dup')],
  ['F', line, other],
  ['I', line, other],
  ['L', line, other],
  ['J', number(4), does('integer')],
  ['K', number(1), does('integer')],
  ['M', number(2), does('integer')],
  ['N', none, other],
  ['G', number(8), other],
  ['P', line, replace(0, 1)],
  ['Q', none, replace(1, 1)],
  ['R', none, does('call')],
  ['S', line, does('quoted')],
  ['V', line, does('escaped')],
  ['T', text(4), does('text')],
  ['U', text(1), does('text')],
  ['X', text(4), does('text')],
  ['B', bytes(4), other],
  ['C', bytes(1), other],
  ['a', none, replace(1, 0)],
  ['b', none, does('build')],
  ['c', lines, does('global')],
  ['i', lines, does('inst')],
  ['o', none, collect(1)],
  ['d', none, collect(1)],
  ['l', none, collect(1)],
  ['t', none, tuple('mark')],
  ['e', none, collect(0)],
  ['u', none, does('setItems')],
  ['s', none, does('setItem')],
  ['}', none, does('dict')],
  [']', none, other],
  [')', none, tuple(0)],
  ['g', line, does('get')],
  ['h', number(1), does('get')],
  ['j', number(4), does('get')],
  ['p', line, does('put')],
  ['q', number(1), does('put')],
  ['r', number(4), does('put')],
  ['\x80', number(1), replace(0, 0)],
  ['\x81', none, does('call')],
  ['\x82', number(1), does('extension')],
  ['\x83', number(2), does('extension')],
  ['\x84', number(4), does('extension')],
  ['\x85', none, tuple(1)],
  ['\x86', none, tuple(2)],
  ['\x87', none, tuple(3)],
  ['\x88', none, other],
  ['\x89', none, other],
  ['\x8a', bytes(1), other],
  ['\x8b', bytes(4), other],
  ['\x8c', text(1), does('text')],
  ['\x8d', text(8), does('text')],
  ['\x8e', bytes(8), other],
  ['\x8f', none, other],
  ['\x90', none, collect(0)],
  ['\x91', none, collect(1)],
  ['\x92', none, replace(3, 1)],
  ['\x93', none, does('stackGlobal')],
  ['\x94', none, does('memoize')],
  ['\x95', number(8), replace(0, 0)],
  ['\x96', bytes(8), other],
  ['\x97', none, replace(0, 1)],
  ['\x98', none, replace(1, 1)],
];

/** By their byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  ROWS.map(([code, argument, effect]) => [code.charCodeAt(0), { argument, effect }]),
);
