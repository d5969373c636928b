/** What one measurement found. */
export interface Measurement {
  /** Median over several runs. */
  readonly ours: number;
  /** The peer's median over as many runs, taken in turn with ours; null where there is no peer. */
  readonly peer: number | null;
  /** (max − min) / median of ours. */
  readonly spread: number;
}

/** A measurement that `npm run bench` runs; more is better. */
export interface Bench {
  /** `area/what`; asking for `area` runs all of its benches. */
  readonly name: string;
  /** Of `ours` and `peer`: `steps/s`. */
  readonly unit: string;
  run(): Promise<Measurement>;
}

/** Runs both in turn, a warm-up first, and summarises what they return. */
export async function alternate(
  times: number,
  ours: () => Promise<number>,
  peer: (() => Promise<number>) | null,
): Promise<Measurement> {
  const [left, right]: [number[], number[]] = [[], []];
  for (let i = 0; i <= times; i++) {
    const [x, y] = [await ours(), peer ? await peer() : undefined];
    if (i === 0) continue;
    left.push(x);
    if (y !== undefined) right.push(y);
  }
  const middle = median(left);
  return { ours: middle, peer: peer ? median(right) : null, spread: (Math.max(...left) - Math.min(...left)) / middle };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
