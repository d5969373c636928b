/** What each opcode does to the stack of a scan. Nothing is executed: values are followed as far as `values.ts` needs them. */
import type { OpcodeName } from '#pickle/opcodes.ts';

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

const replace = (pops: number, pushes: number): Effect => ({ does: 'replace', pops, pushes });
const collect = (pushes: 0 | 1): Effect => ({ does: 'collect', pushes });
const tuple = (of: number | 'mark'): Effect => ({ does: 'tuple', of });
const does = <T extends Exclude<Effect['does'], 'replace' | 'collect' | 'tuple'>>(what: T) => ({ does: what });

const other = does('other');
const integer = does('integer');
const text = does('text');
const get = does('get');
const put = does('put');
const call = does('call');
const extension = does('extension');

export const EFFECTS: Readonly<Record<OpcodeName, Effect>> = {
  MARK: does('mark'),
  STOP: does('stop'),
  POP: does('pop'),
  POP_MARK: collect(0),
  DUP: does('dup'),
  FLOAT: other,
  INT: other,
  LONG: other,
  BININT: integer,
  BININT1: integer,
  BININT2: integer,
  NONE: other,
  BINFLOAT: other,
  PERSID: replace(0, 1),
  BINPERSID: replace(1, 1),
  REDUCE: call,
  STRING: does('quoted'),
  UNICODE: does('escaped'),
  BINSTRING: text,
  SHORT_BINSTRING: text,
  BINUNICODE: text,
  BINBYTES: other,
  SHORT_BINBYTES: other,
  APPEND: replace(1, 0),
  BUILD: does('build'),
  GLOBAL: does('global'),
  INST: does('inst'),
  OBJ: collect(1),
  DICT: collect(1),
  LIST: collect(1),
  TUPLE: tuple('mark'),
  APPENDS: collect(0),
  SETITEMS: does('setItems'),
  SETITEM: does('setItem'),
  EMPTY_DICT: does('dict'),
  EMPTY_LIST: other,
  EMPTY_TUPLE: tuple(0),
  GET: get,
  BINGET: get,
  LONG_BINGET: get,
  PUT: put,
  BINPUT: put,
  LONG_BINPUT: put,
  PROTO: replace(0, 0),
  NEWOBJ: call,
  EXT1: extension,
  EXT2: extension,
  EXT4: extension,
  TUPLE1: tuple(1),
  TUPLE2: tuple(2),
  TUPLE3: tuple(3),
  NEWTRUE: other,
  NEWFALSE: other,
  LONG1: other,
  LONG4: other,
  SHORT_BINUNICODE: text,
  BINUNICODE8: text,
  BINBYTES8: other,
  EMPTY_SET: other,
  ADDITEMS: collect(0),
  FROZENSET: collect(1),
  NEWOBJ_EX: replace(3, 1),
  STACK_GLOBAL: does('stackGlobal'),
  MEMOIZE: does('memoize'),
  FRAME: replace(0, 0),
  BYTEARRAY8: other,
  NEXT_BUFFER: replace(0, 1),
  READONLY_BUFFER: replace(1, 1),
};
