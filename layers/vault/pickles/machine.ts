/** Runs one pickle without executing anything: values are followed as far as they are simple. */
import { setImmediate } from 'node:timers/promises';
import { wholeNumber } from '#pickle/integer.ts';
import { type Argument, OPCODES } from '#pickle/opcodes.ts';
import { EFFECTS, type Effect } from './effects.ts';
import { KEPT_BYTES, MalformedError, type Reader } from './reader.ts';
import { arrayOf, isArrayWrapper, isMade, type JoblibArray, MARK, mayBeText, OTHER, type Value } from './values.ts';

/** What cannot be told without executing the pickle: a name that was computed, or one of `copyreg`'s extensions. */
export const COMPUTED = '<computed>';

/** Called with `module.name`, or `COMPUTED`. */
export type OnImport = (name: string) => void;

/** How much one pickle may take. */
export interface Limits {
  /** Counted down, over all pickles of a scan. */
  opcodes: number;
  /** Values on the stack, and in the memo. */
  readonly values: number;
}

export class LimitError extends Error {}

type Simple = Exclude<Effect['does'], 'replace' | 'collect' | 'tuple'>;

/** So many are applied before whoever else waits for the event loop gets a turn. */
const OPCODES_A_TURN = 16_384;

/** The longest argument of a fixed size, and its opcode. */
const AHEAD = 9;

/**
 * Reads up to and including the pickle's last opcode. With `arrays` as joblib does: arrays stand between the opcodes.
 * @throws TruncatedError, MalformedError, LimitError
 */
export async function runPickle(reader: Reader, onImport: OnImport, limits: Limits, arrays = false): Promise<void> {
  const machine = new Machine(onImport, limits.values, arrays);
  for (;;) {
    if (!reader.has(AHEAD)) await reader.load(AHEAD);
    const code = reader.take(1)[0]!;
    const opcode = OPCODES.get(code);
    if (opcode === undefined) {
      throw new MalformedError(`byte ${reader.position - 1} is 0x${code.toString(16)}, which is no opcode`);
    }
    limits.opcodes -= 1;
    if (limits.opcodes % OPCODES_A_TURN === 0) await setImmediate();
    if (limits.opcodes < 0) throw new LimitError('it has too many opcodes');
    const { argument } = opcode;
    const effect = EFFECTS[opcode.name];
    const given = argument.kind === 'none' ? [] : await readArgument(reader, argument);
    if (effect.does === 'stop') return;
    machine.apply(effect, given);
    const array = machine.takeArray();
    if (arrays && array !== undefined) await skipArray(reader, array, onImport, limits);
  }
}

async function skipArray(reader: Reader, array: JoblibArray, onImport: OnImport, limits: Limits): Promise<void> {
  if (array === 'unknown') throw new MalformedError('it has an array of joblib that cannot be followed');
  if (array === 'pickle') return runPickle(reader, onImport, limits);
  await reader.load(1);
  if (array.aligned) await reader.skip(reader.take(1)[0]!);
  await reader.skip(array.bytes);
}

/** Two names for `lines`, otherwise one value: a number as decimal text; `null` for what is not kept. */
async function readArgument(reader: Reader, argument: Argument): Promise<(string | null)[]> {
  if (argument.kind === 'none') return [];
  if (argument.kind === 'line') return [await reader.line()];
  if (argument.kind === 'lines') return [await reader.line(), await reader.line()];
  const number = wholeNumber(reader.take(argument.bytes));
  if (argument.kind === 'number') return [String(number)];
  if (!Number.isSafeInteger(number)) throw new MalformedError('a length is out of range');
  if (argument.kind === 'text' && number <= KEPT_BYTES) {
    await reader.load(number);
    return [reader.take(number).toString('utf8')];
  }
  await reader.skip(number);
  return [null];
}

class Machine {
  readonly #joblib: boolean;
  readonly #onImport: OnImport;
  readonly #most: number;
  readonly #stack: Value[] = [];
  readonly #memo = new Map<number, Value>();
  /** Values within others. Beyond the most, they are not followed any more. */
  #within = 0;
  #array: JoblibArray | undefined;
  /** Whether what follows are the bytes of an array to joblib, and opcodes only to `pickle`. */
  #withinArray = false;

  constructor(onImport: OnImport, most: number, joblib: boolean) {
    this.#joblib = joblib;
    this.#onImport = onImport;
    this.#most = most;
  }

  apply(effect: Effect, [first = null, second = null]: readonly (string | null)[]): void {
    if (effect.does === 'replace') {
      for (let i = 0; i < effect.pops; i++) this.#pop();
      for (let i = 0; i < effect.pushes; i++) this.#push(null);
    } else if (effect.does === 'collect') {
      this.#popToMark();
      if (effect.pushes === 1) this.#push(null);
    } else if (effect.does === 'tuple') {
      this.#push(this.#followed(effect.of === 'mark' ? this.#popToMark() : this.#popSome(effect.of)));
    } else {
      this.#rules[effect.does](first, second);
    }
  }

  /** The array that joblib writes behind the opcode that was applied last. */
  takeArray(): JoblibArray | undefined {
    const array = this.#array;
    this.#array = undefined;
    return array;
  }

  readonly #rules: Readonly<Record<Simple, (first: string | null, second: string | null) => void>> = {
    mark: () => this.#push(MARK),
    pop: () => this.#pop(),
    dup: () => this.#push(this.#top()),
    text: (value) => this.#push(value),
    quoted: (value) => this.#push(plain(value?.slice(1, -1))),
    escaped: (value) => this.#push(plain(value)),
    get: (index) => this.#push(this.#recall(indexOf(index))),
    put: (index) => this.#remember(indexOf(index)),
    memoize: () => this.#remember(this.#memo.size),
    global: (module, name) => this.#import(module, name),
    inst: (module, name) => {
      this.#popToMark();
      this.#import(module, name);
    },
    stackGlobal: () => {
      const name = this.#pop();
      const module = this.#pop();
      if (!mayBeText(module) || !mayBeText(name)) throw new MalformedError('it imports what is no name');
      this.#import(module, name);
    },
    other: () => this.#push(OTHER),
    integer: (value) => this.#push(Number(value)),
    dict: () => this.#push(new Map()),
    setItem: () => this.#setItems(this.#popSome(2)),
    setItems: () => this.#setItems(this.#popToMark()),
    call: () => {
      const given = this.#pop();
      const called = this.#pop();
      this.#push(isMade(called) ? { of: called.of, given, state: null } : null);
    },
    build: () => {
      const state = this.#pop();
      const built = this.#top();
      if (!isMade(built)) return;
      built.state = state;
      if (!isArrayWrapper(built.of)) return;
      this.#withinArray = !this.#joblib;
      this.#array = arrayOf(state);
    },
    extension: () => {
      // A program has to have registered it. The bytes of numbers would often be taken for one.
      if (this.#withinArray) this.#push(null);
      else this.#import(null, null);
    },
    // Ends the pickle before it gets here.
    stop: () => {},
  };

  #import(module: Value, name: Value): void {
    const known = typeof module === 'string' && typeof name === 'string';
    const of = known ? `${module}.${name}` : COMPUTED;
    this.#onImport(of);
    this.#push({ of, given: null, state: null });
  }

  #setItems(items: readonly Value[]): void {
    const into = this.#top();
    const followed = this.#followed(items);
    if (!(into instanceof Map) || followed === null) return;
    for (let i = 0; i + 1 < followed.length; i += 2) into.set(followed[i]!, followed[i + 1]!);
  }

  #followed(values: readonly Value[]): readonly Value[] | null {
    this.#within += values.length;
    return this.#within > this.#most ? null : values;
  }

  #push(value: Value): void {
    if (this.#stack.length >= this.#most) throw new LimitError('its stack is too deep');
    this.#stack.push(value);
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw new MalformedError('it takes a value from an empty stack');
    return value;
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new MalformedError('it takes a value from an empty stack');
    return value;
  }

  #popSome(count: number): Value[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): Value[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark === -1) throw new MalformedError('it takes values down to a mark that is not there');
    const values = this.#stack.splice(mark);
    return values.slice(1);
  }

  #recall(index: number): Value {
    const value = this.#memo.get(index);
    if (value === undefined) throw new MalformedError('it recalls what it did not remember');
    return value;
  }

  #remember(index: number): void {
    if (this.#memo.size >= this.#most) throw new LimitError('its memo is too large');
    this.#memo.set(index, this.#top());
  }
}

/** A text without escapes; one with escapes is not followed, so that what it names counts as computed. */
const plain = (value: string | null | undefined): string | null =>
  value === null || value === undefined || value.includes('\\') ? null : value;

/** Python allows spaces around a number and underscores within it. */
const indexOf = (value: string | null): number => Number((value ?? '').replaceAll('_', ''));
