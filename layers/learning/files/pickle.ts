/**
 * Reads a pickle as data. Nothing in it is run: the names it may import are those of a given table, which says what a call
 * of each makes; every other name, and every opcode that data do not need, is refused.
 */
import { wholeNumber } from '#pickle/integer.ts';
import { type Argument, OPCODES, type OpcodeName } from '#pickle/opcodes.ts';
import { WeightsError } from './weights-error.ts';

/** What a pickle may hold: plain data, and whatever the table and `persistent` make. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | readonly Pickled[]
  | PickledDict
  | PickledGlobal
  | PickledObject;

/** Keys in their order. */
export class PickledDict {
  readonly entries = new Map<Pickled, Pickled>();
}

/** An imported name that was not called. */
export class PickledGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What the caller makes of a call or of a persistent id extends this. */
export abstract class PickledObject {}

export interface PickleRules {
  /** By `module.name`: what a call makes; `undefined` for a name that may be named and not called. */
  readonly globals: ReadonlyMap<string, ((given: readonly Pickled[]) => Pickled) | undefined>;
  /** What a persistent id stands for. */
  readonly persistent: (id: Pickled) => Pickled;
}

const MARK = Symbol('mark');
type Stacked = Pickled | typeof MARK;

/** @throws WeightsError naming what is refused and the byte where it stands */
export function readPickle(bytes: Uint8Array, rules: PickleRules): Pickled {
  return new Machine(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), rules).run();
}

class Machine {
  readonly #bytes: Buffer;
  readonly #rules: PickleRules;
  readonly #stack: Stacked[] = [];
  readonly #memo = new Map<number, Pickled>();
  #at = 0;

  constructor(bytes: Buffer, rules: PickleRules) {
    this.#bytes = bytes;
    this.#rules = rules;
  }

  run(): Pickled {
    for (;;) {
      const code = this.#take(1)[0]!;
      const opcode = OPCODES.get(code);
      if (opcode?.name === 'STOP') return this.#pop();
      const rule = opcode && this.#rulesOf[opcode.name];
      if (!rule) throw this.#refused(`opcode 0x${code.toString(16).padStart(2, '0')} is not read`, 1);
      rule(this.#argument(opcode.argument));
    }
  }

  /** Of `lines`, with a point between them. Of `number` the bytes. */
  #argument(argument: Argument): Buffer {
    if (argument.kind === 'none') return NOTHING;
    if (argument.kind === 'line') return this.#line();
    if (argument.kind === 'lines') return Buffer.concat([this.#line(), POINT, this.#line()]);
    const given = this.#take(argument.bytes);
    return argument.kind === 'number' ? given : this.#take(wholeNumber(given));
  }

  /** What data do not need has no rule. */
  readonly #rulesOf: Readonly<Partial<Record<OpcodeName, (given: Buffer) => void>>> = {
    PROTO: ([protocol]) => {
      if (protocol! > 3) throw this.#refused(`its pickle must be of protocol 2 or 3; got ${protocol}`, 2);
    },
    MARK: () => this.#stack.push(MARK),
    POP: () => this.#pop(),
    EMPTY_DICT: () => this.#push(new PickledDict()),
    EMPTY_LIST: () => this.#push([]),
    EMPTY_TUPLE: () => this.#push([]),
    NONE: () => this.#push(null),
    NEWTRUE: () => this.#push(true),
    NEWFALSE: () => this.#push(false),
    BININT1: (given) => this.#push(given.readUInt8()),
    BININT2: (given) => this.#push(given.readUInt16LE()),
    BININT: (given) => this.#push(given.readInt32LE()),
    LONG1: (given) => this.#push(this.#long(given)),
    BINFLOAT: (given) => this.#push(given.readDoubleBE()),
    BINUNICODE: (given) => this.#push(given.toString('utf8')),
    // Texts of Python 2
    BINSTRING: (given) => this.#push(given.toString('utf8')),
    SHORT_BINSTRING: (given) => this.#push(given.toString('utf8')),
    TUPLE: () => this.#push(this.#popToMark()),
    TUPLE1: () => this.#push(this.#popSome(1)),
    TUPLE2: () => this.#push(this.#popSome(2)),
    TUPLE3: () => this.#push(this.#popSome(3)),
    APPENDS: () => this.#append(this.#popToMark()),
    APPEND: () => this.#append(this.#popSome(1)),
    SETITEMS: () => this.#set(this.#popToMark()),
    SETITEM: () => this.#set(this.#popSome(2)),
    BINPUT: (given) => this.#memo.set(given.readUInt8(), this.#top()),
    LONG_BINPUT: (given) => this.#memo.set(given.readUInt32LE(), this.#top()),
    BINGET: (given) => this.#recall(given.readUInt8()),
    LONG_BINGET: (given) => this.#recall(given.readUInt32LE()),
    GLOBAL: (given) => this.#global(given.toString('utf8')),
    BINPERSID: () => this.#push(this.#rules.persistent(this.#pop())),
    REDUCE: () => this.#call(),
    // BUILD gives an object attributes, such as the versions of a state's modules: no weights.
    BUILD: () => this.#pop(),
  };

  #global(name: string): void {
    if (!this.#rules.globals.has(name))
      throw this.#refused(`it names ${JSON.stringify(name)}, which a file of weights has no need of`, 0);
    this.#push(new PickledGlobal(name));
  }

  #call(): void {
    const given = this.#pop();
    const called = this.#pop();
    const make = called instanceof PickledGlobal ? this.#rules.globals.get(called.name) : undefined;
    if (!make || !Array.isArray(given)) throw this.#refused('it calls what is no function of weights', 1);
    this.#push(make(given));
  }

  #append(values: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#refused('it appends to what is no list', 1);
    for (const value of values) list.push(value);
  }

  #set(items: readonly Pickled[]): void {
    const into = this.#top();
    if (!(into instanceof PickledDict)) throw this.#refused('it sets items of what is no dict', 1);
    for (let i = 0; i + 1 < items.length; i += 2) into.entries.set(items[i]!, items[i + 1]!);
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#refused('it recalls what it did not remember', 1);
    this.#push(value);
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#refused('it takes a value from an empty stack', 1);
    return value;
  }

  #top(): Pickled {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #popSome(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): Pickled[] {
    const values: Pickled[] = [];
    for (let value = this.#stack.pop(); value !== MARK; value = this.#stack.pop()) {
      if (value === undefined) throw this.#refused('it takes values down to a mark that is not there', 1);
      values.push(value);
    }
    return values.reverse();
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new WeightsError('its pickle is cut short');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #line(): Buffer {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    const line = this.#take((end === -1 ? this.#bytes.length : end) - this.#at);
    this.#take(1);
    return line;
  }

  /** Two's complement, the lowest byte first. */
  #long(bytes: Buffer): number {
    if (bytes.length > 8) throw this.#refused('a number is out of range', bytes.length);
    const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return Number(BigInt.asIntN(8 * bytes.length, value));
  }

  #refused(why: string, back: number): WeightsError {
    return new WeightsError(`${why} (byte ${this.#at - back} of its pickle)`);
  }
}

const NOTHING = Buffer.alloc(0);
const POINT = Buffer.from('.');
