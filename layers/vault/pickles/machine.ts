/** Runs one pickle without executing anything: only marks, texts and the memo are followed. */
import { type Argument, type Effect, OPCODES } from './opcodes.ts';
import { KEPT_BYTES, MalformedError, type Reader } from './reader.ts';

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

const MARK = Symbol('mark');

/** A text, a mark, or `null` for whatever else. */
type Value = string | null | typeof MARK;

type Simple = Exclude<Effect['does'], 'replace' | 'collect'>;

/** The longest argument of a fixed size, and its opcode. */
const AHEAD = 9;

/**
 * Reads up to and including the pickle's last opcode.
 * @throws TruncatedError, MalformedError, LimitError
 */
export async function runPickle(reader: Reader, onImport: OnImport, limits: Limits): Promise<void> {
  const machine = new Machine(onImport, limits.values);
  for (;;) {
    if (!reader.has(AHEAD)) await reader.load(AHEAD);
    const code = reader.take(1)[0]!;
    const opcode = OPCODES.get(code);
    if (opcode === undefined) {
      throw new MalformedError(`byte ${reader.position - 1} is 0x${code.toString(16)}, which is no opcode`);
    }
    limits.opcodes -= 1;
    if (limits.opcodes < 0) throw new LimitError('it has too many opcodes');
    const { argument, effect } = opcode;
    const given = argument.kind === 'none' ? [] : await readArgument(reader, argument);
    if (effect.does === 'stop') return;
    machine.apply(effect, given);
  }
}

/** Two names for `lines`, otherwise one value: a number as decimal text; `null` for what is not kept. */
async function readArgument(reader: Reader, argument: Argument): Promise<(string | null)[]> {
  if (argument.kind === 'none') return [];
  if (argument.kind === 'line') return [await reader.line()];
  if (argument.kind === 'lines') return [await reader.line(), await reader.line()];
  const number = integer(reader.take(argument.bytes));
  if (argument.kind === 'number') return [String(number)];
  if (!Number.isSafeInteger(number)) throw new MalformedError('a length is out of range');
  if (argument.kind === 'text' && number <= KEPT_BYTES) {
    await reader.load(number);
    return [reader.take(number).toString('utf8')];
  }
  await reader.skip(number);
  return [null];
}

/** Little-endian, of 1 to 8 bytes. */
const integer = (bytes: Buffer): number =>
  bytes.length <= 6 ? bytes.readUIntLE(0, bytes.length) : Number(bytes.readBigUInt64LE());

class Machine {
  readonly #onImport: OnImport;
  readonly #most: number;
  readonly #stack: Value[] = [];
  readonly #memo = new Map<number, Value>();

  constructor(onImport: OnImport, most: number) {
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
    } else {
      this.#rules[effect.does](first, second);
    }
  }

  readonly #rules: Readonly<Record<Simple, (first: string | null, second: string | null) => void>> = {
    mark: () => this.#push(MARK),
    pop: () => this.#pop(),
    dup: () => this.#push(this.#top()),
    text: (value) => this.#push(value),
    quoted: (value) => this.#push(plain(value?.slice(1, -1))),
    escaped: (value) => this.#push(plain(value)),
    get: (index) => this.#push(this.#memo.get(indexOf(index)) ?? null),
    put: (index) => this.#remember(indexOf(index)),
    memoize: () => this.#remember(this.#memo.size),
    global: (module, name) => this.#import(module, name),
    inst: (module, name) => {
      this.#popToMark();
      this.#import(module, name);
    },
    stackGlobal: () => {
      const name = this.#pop();
      this.#import(this.#pop(), name);
    },
    extension: () => this.#import(null, null),
    // Ends the pickle before it gets here.
    stop: () => {},
  };

  #import(module: Value, name: Value): void {
    const known = typeof module === 'string' && typeof name === 'string';
    this.#onImport(known ? `${module}.${name}` : COMPUTED);
    this.#push(null);
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

  #popToMark(): void {
    let value: Value;
    do value = this.#pop();
    while (value !== MARK);
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
