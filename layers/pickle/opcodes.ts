/**
 * Every opcode of the pickle protocols 0 to 5, with its argument, after `pickletools` of Python. What one does is said by
 * whoever reads pickles: the vault's scan follows what would be imported, the reader of weights builds plain data.
 */

/** How an argument is written. `text` and `bytes` start with their length, in so many bytes. */
export type Argument =
  | { readonly kind: 'number' | 'text' | 'bytes'; readonly bytes: number }
  | { readonly kind: 'line' }
  | { readonly kind: 'lines' }
  | { readonly kind: 'none' };

const none: Argument = { kind: 'none' };
const line: Argument = { kind: 'line' };
const lines: Argument = { kind: 'lines' };
const number = (bytes: number): Argument => ({ kind: 'number', bytes });
const text = (bytes: number): Argument => ({ kind: 'text', bytes });
const bytes = (of: number): Argument => ({ kind: 'bytes', bytes: of });

/** By name: the byte, and the argument. */
const ROWS = {
  MARK: ['(', none],
  STOP: ['.', none],
  POP: ['0', none],
  POP_MARK: ['1', none],
  DUP: ['2', none],
  FLOAT: ['F', line],
  INT: ['I', line],
  LONG: ['L', line],
  BININT: ['J', number(4)],
  BININT1: ['K', number(1)],
  BININT2: ['M', number(2)],
  NONE: ['N', none],
  BINFLOAT: ['G', number(8)],
  PERSID: ['P', line],
  BINPERSID: ['Q', none],
  REDUCE: ['R', none],
  STRING: ['S', line],
  UNICODE: ['V', line],
  BINSTRING: ['T', text(4)],
  SHORT_BINSTRING: ['U', text(1)],
  BINUNICODE: ['X', text(4)],
  BINBYTES: ['B', bytes(4)],
  SHORT_BINBYTES: ['C', bytes(1)],
  APPEND: ['a', none],
  BUILD: ['b', none],
  GLOBAL: ['c', lines],
  INST: ['i', lines],
  OBJ: ['o', none],
  DICT: ['d', none],
  LIST: ['l', none],
  TUPLE: ['t', none],
  APPENDS: ['e', none],
  SETITEMS: ['u', none],
  SETITEM: ['s', none],
  EMPTY_DICT: ['}', none],
  EMPTY_LIST: [']', none],
  EMPTY_TUPLE: [')', none],
  GET: ['g', line],
  BINGET: ['h', number(1)],
  LONG_BINGET: ['j', number(4)],
  PUT: ['p', line],
  BINPUT: ['q', number(1)],
  LONG_BINPUT: ['r', number(4)],
  PROTO: ['\x80', number(1)],
  NEWOBJ: ['\x81', none],
  EXT1: ['\x82', number(1)],
  EXT2: ['\x83', number(2)],
  EXT4: ['\x84', number(4)],
  TUPLE1: ['\x85', none],
  TUPLE2: ['\x86', none],
  TUPLE3: ['\x87', none],
  NEWTRUE: ['\x88', none],
  NEWFALSE: ['\x89', none],
  LONG1: ['\x8a', bytes(1)],
  LONG4: ['\x8b', bytes(4)],
  SHORT_BINUNICODE: ['\x8c', text(1)],
  BINUNICODE8: ['\x8d', text(8)],
  BINBYTES8: ['\x8e', bytes(8)],
  EMPTY_SET: ['\x8f', none],
  ADDITEMS: ['\x90', none],
  FROZENSET: ['\x91', none],
  NEWOBJ_EX: ['\x92', none],
  STACK_GLOBAL: ['\x93', none],
  MEMOIZE: ['\x94', none],
  FRAME: ['\x95', number(8)],
  BYTEARRAY8: ['\x96', bytes(8)],
  NEXT_BUFFER: ['\x97', none],
  READONLY_BUFFER: ['\x98', none],
} as const satisfies Readonly<Record<string, readonly [string, Argument]>>;

export type OpcodeName = keyof typeof ROWS;

export interface Opcode {
  readonly name: OpcodeName;
  readonly argument: Argument;
}

/** By their byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  Object.entries(ROWS).map(([name, [code, argument]]) => [code.charCodeAt(0), { name: name as OpcodeName, argument }]),
);
