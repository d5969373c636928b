/** The hyperparameters of trials: every combination of lists, or random ones. */
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { uniformStream } from '#engine/random.ts';

export interface Range {
  /** A whole number if `integer`; so is `max`. */
  readonly min: number;
  readonly max: number;
  readonly scale: 'linear' | 'log';
  readonly integer: boolean;
}

/** A hyperparameter's values, or the range from which they are drawn. */
export type Choice = readonly unknown[] | Range;
export type Space = Readonly<Record<string, Choice>>;
type Hyperparameters = Readonly<Record<string, unknown>>;

/** Draws without a new trial before there are taken to be no others: a range may have a few numbers of four digits. */
const MISSES = 20_000;

const isList = (choice: Choice): choice is readonly unknown[] => Array.isArray(choice);

/** Throws `ValidationError` for ranges, and for too many combinations. */
export function combinations(space: Space): Hyperparameters[] {
  let all: Hyperparameters[] = [{}];
  for (const [name, choice] of Object.entries(space)) {
    if (!isList(choice))
      throw ValidationError.of(`space.${name}`, 'must be a list of values for method grid; got a range');
    if (all.length * choice.length > LIMITS.trials) {
      throw ValidationError.of('space', `must have at most ${LIMITS.trials} combinations for method grid; got more`);
    }
    all = all.flatMap((some) => choice.map((value) => ({ ...some, [name]: value })));
  }
  return all;
}

/**
 * Random trials (Bergstra and Bengio 2012), none of them twice: fewer where the space has fewer. The same seed gives the
 * same trials.
 */
export function draws(space: Space, trials: number, seed: number): Hyperparameters[] {
  const uniform = uniformStream(seed, 'sweep');
  const all = new Map<string, Hyperparameters>();
  const most = Math.min(trials, sizeOf(space));
  for (let misses = 0; all.size < most && misses < MISSES; misses++) {
    const one = Object.fromEntries(Object.entries(space).map(([name, choice]) => [name, drawn(choice, uniform())]));
    const text = JSON.stringify(one);
    if (all.has(text)) continue;
    all.set(text, one);
    misses = 0;
  }
  return [...all.values()];
}

/** The whole numbers in a range. Throws `ValidationError` if there are none. */
export function wholeRange(name: string, range: Range): Range {
  const [min, max] = [Math.ceil(range.min), Math.floor(range.max)];
  if (min <= max) return { ...range, min, max };
  throw ValidationError.of(
    `space.${name}`,
    `must have a whole number from min to max, since only those are drawn; got ${range.min} and ${range.max}`,
  );
}

/** How many combinations there are. */
const sizeOf = (space: Space): number =>
  Object.values(space).reduce((size, choice) => {
    if (isList(choice)) return size * choice.length;
    return size * (choice.integer ? choice.max - choice.min + 1 : Infinity);
  }, 1);

function drawn(choice: Choice, at: number): unknown {
  if (isList(choice)) return choice[Math.floor(at * choice.length)];
  const { min, max, scale, integer } = choice;
  const value = scale === 'log' ? min * (max / min) ** at : min + (max - min) * at;
  if (integer) return Math.round(value);
  // Four digits, as one would write it, unless the range is narrower.
  const short = Number(value.toPrecision(4));
  return short < min || short > max ? value : short;
}
