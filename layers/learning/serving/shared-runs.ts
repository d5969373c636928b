/**
 * Runs of a session that calls share: those that come while a run is in progress wait for its end, and are run together.
 *
 *     calls     a ─┐        b, c, d ─┐
 *     runs         └── a ──────────┘ └── b · c · d ──┘
 */
import { type DataOf, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { DType } from '#engine/type.ts';

type Run = (feeds: Tensors) => Promise<Tensors>;

interface Waiting {
  readonly feeds: Tensors;
  readonly rows: number;
  readonly resolve: (results: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/** A run with more rows is one call's alone, so that no call waits long for the rows of others. */
const MOST_ROWS = 512;

export class SharedRuns {
  readonly #run: Run;
  #waiting: Waiting[] = [];
  #running = false;

  /** @param run takes and gives tensors whose first axis is the rows */
  constructor(run: Run) {
    this.#run = run;
  }

  /** The results for these rows, as if they were run alone. */
  run(feeds: Tensors, rows: number): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ feeds, rows, resolve, reject });
      if (!this.#running) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#runTogether(this.#take());
    this.#running = false;
  }

  /** At least one, and as many more as there is room for. */
  #take(): Waiting[] {
    let rows = 0;
    const fits = this.#waiting.findIndex((call, index) => {
      rows += call.rows;
      return index > 0 && rows > MOST_ROWS;
    });
    return this.#waiting.splice(0, fits < 0 ? this.#waiting.length : fits);
  }

  async #runTogether(calls: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#run(calls.length === 1 ? calls[0]!.feeds : joined(calls));
      let from = 0;
      for (const { rows, resolve } of calls) {
        resolve(calls.length === 1 ? results : rowsOf(results, from, from + rows));
        from += rows;
      }
    } catch (error) {
      if (calls.length === 1) return calls[0]!.reject(error);
      // One of them may be at fault: the others get their results.
      for (const call of calls) await this.#runTogether([call]);
    }
  }
}

function joined(calls: readonly Waiting[]): Tensors {
  const rows = calls.reduce((sum, call) => sum + call.rows, 0);
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
