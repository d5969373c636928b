/**
 * Runs of a session that calls share: those of one turn of the event loop are run together at its end. Where that is asked
 * for, the first of a turn does not wait: whoever calls alone is answered at once.
 *
 *     calls     a    b   c   d
 *     runs      └ a      end of the turn: └── b · c · d
 */
import { setImmediate } from 'node:timers';
import type { Awaitable } from '#domain/awaitable.ts';
import { type DataOf, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { DType } from '#engine/type.ts';
import { RunTimes } from './run-times.ts';

/** Called once all that follows from the present event has been done, but for what waits for another one. */
const { nextTick } = process;

interface Waiting {
  readonly feeds: Tensors;
  readonly rows: number;
  readonly resolve: (results: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

export interface RunOptions {
  /** Whether the first call of a turn is run at once. Default: no, it waits for others too. */
  readonly firstAtOnce?: boolean;
  /** Whether the rows of several calls may be run together. Default: yes. Not where a row's answer depends on those beside it. */
  readonly areShared?: boolean;
  /** Where its time is noted. */
  readonly times?: RunTimes;
}

/** A run with more rows is one call's alone, so that no call waits long for the rows of others. */
const MOST_ROWS = 512;

export class SharedRuns {
  readonly #run: (feeds: Tensors) => Tensors;
  readonly #firstAtOnce: boolean;
  readonly #areShared: boolean;
  readonly #times: RunTimes;
  #waiting: Waiting[] = [];
  /** Whether there is a run at the end of this turn. */
  #isDue = false;
  /** Whether a call was run at once, and what follows from the same event is not over. */
  #hasRun = false;

  /** @param run takes and gives tensors whose first axis is the rows */
  constructor(run: (feeds: Tensors) => Tensors, options: RunOptions = {}) {
    const { firstAtOnce = false, areShared = true, times = new RunTimes() } = options;
    this.#run = run;
    this.#firstAtOnce = firstAtOnce;
    this.#areShared = areShared;
    this.#times = times;
  }

  /** The results for these rows, as if they were run alone: at once, where they are run at once. */
  run(feeds: Tensors, rows: number): Awaitable<Tensors> {
    if (this.#firstAtOnce && !this.#hasRun && !this.#isDue) {
      this.#hasRun = true;
      nextTick(this.#endEvent);
      return this.#timed(feeds, rows);
    }
    if (!this.#isDue) this.#endTurnLater();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ feeds, rows, resolve, reject });
    });
  }

  readonly #endEvent = (): void => {
    this.#hasRun = false;
  };

  #endTurnLater(): void {
    this.#isDue = true;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isDue = false;
    if (this.#waiting.length === 0) return;
    this.#runTogether(this.#take());
    // Others go first where there are more rows than a run has.
    if (this.#waiting.length > 0) this.#endTurnLater();
  };

  /** At least one, and as many more of the same shape as there is room for. */
  #take(): Waiting[] {
    if (!this.#areShared) return this.#waiting.splice(0, 1);
    let rows = 0;
    const fits = this.#waiting.findIndex((call, index) => {
      rows += call.rows;
      return index > 0 && (rows > MOST_ROWS || !areAlike(call, this.#waiting[0]!));
    });
    return this.#waiting.splice(0, fits < 0 ? this.#waiting.length : fits);
  }

  #runTogether(calls: readonly Waiting[]): void {
    try {
      const [only, other] = calls;
      if (only !== undefined && other === undefined) {
        only.resolve(this.#timed(only.feeds, only.rows));
        return;
      }
      const results = this.#timed(joined(calls), rowsOfAll(calls));
      let from = 0;
      for (const { rows, resolve } of calls) {
        resolve(rowsOf(results, from, from + rows));
        from += rows;
      }
    } catch (error) {
      if (calls.length === 1) calls[0]!.reject(error);
      // One of them may be at fault: the others get their results.
      else for (const call of calls) this.#runTogether([call]);
    }
  }

  #timed(feeds: Tensors, rows: number): Tensors {
    const began = performance.now();
    const results = this.#run(feeds);
    this.#times.add(rows, performance.now() - began);
    return results;
  }
}

/** Whether their rows are of one shape: those of texts are as wide as the longest of a call. */
const areAlike = (one: Waiting, other: Waiting): boolean =>
  Object.entries(one.feeds).every(([name, { shape }]) =>
    shape.every((dim, axis) => axis === 0 || dim === other.feeds[name]?.shape[axis]),
  );

const rowsOfAll = (calls: readonly Waiting[]): number => calls.reduce((sum, call) => sum + call.rows, 0);

function joined(calls: readonly Waiting[]): Tensors {
  const rows = rowsOfAll(calls);
  return Object.fromEntries(
    Object.keys(calls[0]!.feeds).map((name) => {
      const parts = calls.map(({ feeds }) => feeds[name]!);
      const { dtype, shape } = parts[0]!;
      const data = joiners[dtype](parts.map((part) => part.data));
      return [name, tensor(dtype, [rows, ...shape.slice(1)], data as DataOf[typeof dtype])];
    }),
  );
}

type Joiner = (parts: readonly Tensor['data'][]) => Tensor['data'];

/** Typed arrays have no method for it. */
const joinedArrays =
  <A extends { readonly length: number; set(part: A, at: number): void }>(make: new (length: number) => A) =>
  (parts: readonly Tensor['data'][]): A => {
    const whole = new make(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part as unknown as A, at);
      at += part.length;
    }
    return whole;
  };

const joiners: Readonly<Record<DType, Joiner>> = {
  float16: joinedArrays(Uint16Array),
  bfloat16: joinedArrays(Uint16Array),
  float32: joinedArrays(Float32Array),
  float64: joinedArrays(Float64Array),
  int64: joinedArrays(BigInt64Array),
  int32: joinedArrays(Int32Array),
  bool: joinedArrays(Uint8Array),
  string: (parts) => (parts as readonly (readonly string[])[]).flat(),
};

const rowsOf = (results: Tensors, from: number, to: number): Tensors =>
  Object.fromEntries(
    Object.entries(results).map(([name, { dtype, shape, data }]) => {
      const [all = 1, ...rest] = shape;
      const size = data.length / all;
      const part = data.slice(from * size, to * size);
      return [name, tensor(dtype, [to - from, ...rest], part as DataOf[typeof dtype])];
    }),
  );
