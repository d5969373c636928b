/**
 * Reads a pickle as data. Nothing in it is run: the names it may import are those of a given table, which says what a call
 * of each makes; every other name, and every opcode that data do not need, is refused.
 */
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
      if (code === STOP) return this.#pop();
      const opcode = this.#opcodes[code];
      if (!opcode) throw this.#refused(`opcode 0x${code.toString(16).padStart(2, '0')} is not read`, 1);
      opcode();
    }
  }

  /** By the byte of the opcode; names as in Python's `pickletools`. */
  readonly #opcodes: Readonly<Record<number, () => void>> = byCharacter({
    // PROTO
    '\x80': () => {
      const [protocol] = this.#take(1);
      if (protocol! > 3) throw this.#refused(`its pickle must be of protocol 2 or 3; got ${protocol}`, 2);
    },
    '(': () => this.#stack.push(MARK),
    '0': () => this.#pop(),
    '}': () => this.#push(new PickledDict()),
    ']': () => this.#push([]),
    ')': () => this.#push([]),
    N: () => this.#push(null),
    '\x88': () => this.#push(true),
    '\x89': () => this.#push(false),
    K: () => this.#push(this.#take(1)[0]!),
    M: () => this.#push(this.#take(2).readUInt16LE()),
    J: () => this.#push(this.#take(4).readInt32LE()),
    // LONG1
    '\x8a': () => this.#push(this.#long(this.#take(1)[0]!)),
    G: () => this.#push(this.#take(8).readDoubleBE()),
    X: () => this.#push(this.#text(this.#take(4).readUInt32LE())),
    // Texts of Python 2
    T: () => this.#push(this.#text(this.#take(4).readUInt32LE())),
    U: () => this.#push(this.#text(this.#take(1)[0]!)),
    t: () => this.#push(this.#popToMark()),
    '\x85': () => this.#push(this.#popSome(1)),
    '\x86': () => this.#push(this.#popSome(2)),
    '\x87': () => this.#push(this.#popSome(3)),
    e: () => this.#append(this.#popToMark()),
    a: () => this.#append(this.#popSome(1)),
    u: () => this.#set(this.#popToMark()),
    s: () => this.#set(this.#popSome(2)),
    q: () => this.#memo.set(this.#take(1)[0]!, this.#top()),
    r: () => this.#memo.set(this.#take(4).readUInt32LE(), this.#top()),
    h: () => this.#recall(this.#take(1)[0]!),
    j: () => this.#recall(this.#take(4).readUInt32LE()),
    c: () => this.#global(`${this.#line()}.${this.#line()}`),
    Q: () => this.#push(this.#rules.persistent(this.#pop())),
    R: () => this.#call(),
    // BUILD gives an object attributes, such as the versions of a state's modules: no weights.
    b: () => this.#pop(),
  });

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

  #text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    const line = this.#text((end === -1 ? this.#bytes.length : end) - this.#at);
    this.#take(1);
    return line;
  }

  /** Two's complement, the lowest byte first. */
  #long(length: number): number {
    const bytes = this.#take(length);
    if (length > 8) throw this.#refused('a number is out of range', length);
    const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return Number(BigInt.asIntN(8 * length, value));
  }

  #refused(why: string, back: number): WeightsError {
    return new WeightsError(`${why} (byte ${this.#at - back} of its pickle)`);
  }
}

const STOP = '.'.charCodeAt(0);

const byCharacter = <T>(rules: Readonly<Record<string, T>>): Readonly<Record<number, T>> =>
  Object.fromEntries(Object.entries(rules).map(([character, rule]) => [character.charCodeAt(0), rule]));
