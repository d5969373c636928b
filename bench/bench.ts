/** What one side of a comparison gave, over several runs. */
export interface Side {
  readonly median: number;
  /** (max − min) / median. */
  readonly spread: number;
}

/** What one measurement found. */
export interface Measurement {
  /** Median over several runs. */
  readonly ours: number;
  /** The peer's median over as many runs, taken in turn with ours; null where there is no peer. */
  readonly peer: number | null;
  /** (max − min) / median of ours. */
  readonly spread: number;
  /** Further columns, by their names. */
  readonly more?: Readonly<Record<string, number | null>>;
}

/** A measurement that `npm run bench` runs; of what has a peer, more is better. */
export interface Bench {
  /** `area/what`; asking for `area` runs all of its benches. */
  readonly name: string;
  /** Of `ours` and `peer`: `steps/s`. */
  readonly unit: string;
  run(options?: Options): Promise<Measurement>;
}

/** What the command line may say to the benches that listen to it. */
export interface Options {
  /** How long to measure, in all. */
  readonly seconds?: number;
  /** How many rows a table has. */
  readonly rows?: number;
  /** The folder of another checkout of this repository to compare with. */
  readonly versus?: string;
  /** A folder for CPU profiles of ours. */
  readonly cpuProfile?: string;
}

/** How often sides are measured: at most `times`, and after `LEAST` times no longer than `seconds`. */
export interface Budget {
  readonly times: number;
  readonly seconds?: number;
}

const LEAST = 3;

/** Runs all sides in turn, again and again, a warm-up first, and summarises what each returned. */
export async function inTurn<Name extends string>(
  { times, seconds = Number.POSITIVE_INFINITY }: Budget,
  sides: { readonly [K in Name]?: (() => Promise<number>) | undefined },
): Promise<Partial<Record<Name, Side>>> {
  const runs = Object.entries<(() => Promise<number>) | undefined>(sides).flatMap(([name, run]) =>
    run ? [{ name: name as Name, run, found: [] as number[] }] : [],
  );
  for (const { run } of runs) await run();
  const end = performance.now() + 1000 * seconds;
  for (let round = 0; round < times && (round < LEAST || performance.now() < end); round++)
    for (const { run, found } of runs) found.push(await run());
  const found: Partial<Record<Name, Side>> = {};
  for (const { name, found: values } of runs) found[name] = summary(values);
  return found;
}

/** Runs both in turn, a warm-up first, and summarises what they return. */
export async function alternate(
  times: number,
  ours: () => Promise<number>,
  peer: (() => Promise<number>) | null,
): Promise<Measurement> {
  const found = await inTurn({ times }, peer ? { ours, peer } : { ours });
  return { ours: found.ours!.median, peer: found.peer?.median ?? null, spread: found.ours!.spread };
}

function summary(values: readonly number[]): Side {
  const sorted = values.toSorted((a, b) => a - b);
  const median = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / median };
}
