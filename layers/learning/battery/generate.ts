/**
 * Generates cells of lithium iron phosphate (1.1 Ah) that lose capacity by a known law, so that anyone can try battery
 * prognostics without gigabytes of measurements. The same seed and number give the same cell.
 *
 *     how it is charged ──▶ length of life
 *     Verhulst's law ──▶ true loss ── slow wander, noise of measurement ──▶ measured loss
 *                           └── resistance ── temperature, charge time, voltage curve, dQ/dV ── noise ──▶ features
 *
 * The features are made up from the true loss in a plausible way. They are no simulation of a cell.
 */
import { normalStream, uniformStream } from '#engine/random.ts';
import { AVERAGED_CYCLES, type Cell, type Cycle, FEATURES } from './cells.ts';
import { movingAverages } from './moving-average.ts';
import { rateThrough, type Verhulst, verhulst } from './verhulst.ts';

/** The loss at which a cell's life ends: 80 % of its capacity are left. */
export const END_OF_LIFE = 0.2;

export interface GenerateOptions {
  readonly seed: number;
  /** Cells by number; each has the name `cell_<number>`. */
  readonly numbers: readonly number[];
  /** The least and the most cycles of a life. Default: 500 to 800. */
  readonly life?: readonly [number, number];
}

export const generateCells = ({ seed, numbers, life = [500, 800] }: GenerateOptions): Cell[] =>
  numbers.map((number) => generateCell(seed, number, life));

type Normal = () => number;

/** How cells of one make differ from each other. */
interface Make {
  readonly law: Verhulst;
  readonly life: number;
  /** Ohm, when new. */
  readonly resistance: number;
  /** Minutes, when new. */
  readonly chargeTime: number;
  /** Ah/V. */
  readonly peak: number;
  /** V. */
  readonly plateau: number;
}

function makeOf(seed: number, number: number, [least, most]: readonly [number, number]): Make {
  const uniform = uniformStream(seed, `make of cell ${number}`);
  const between = (low: number, high: number) => low + (high - low) * uniform();
  // Slow charging makes a life long.
  const care = uniform();
  const life = Math.round(least + (most - least) * care);
  const curve = { start: between(0.015, 0.03), base: between(-0.01, 0), limit: between(0.5, 0.8) };
  return {
    law: { ...curve, rate: rateThrough(curve, life, END_OF_LIFE) },
    life,
    resistance: between(0.0162, 0.0168),
    chargeTime: 9.6 + 1.2 * care + between(-0.1, 0.1),
    peak: between(6.1, 6.3),
    plateau: between(3.31, 3.32),
  };
}

/** Of capacity, as a share of it. */
const CAPACITY_NOISE = 0.0006;
/** What is slow, such as the temperature of the room, remembers so much of the cycle before. */
const MEMORY = 0.98;

function generateCell(seed: number, number: number, life: readonly [number, number]): Cell {
  const make = makeOf(seed, number, life);
  const normal = normalStream(uniformStream(seed, `noise of cell ${number}`));
  const [room, wander] = [slow(normal), slow(normal)];
  const measured = Array.from({ length: make.life }, (_, i): Cycle => {
    const loss = verhulst(make.law, i + 1);
    return {
      ...featuresOf(make, loss, room(), normal),
      cycle: i + 1,
      capacity_loss: loss + CAPACITY_NOISE * (wander() + normal()),
      remaining_life: make.life - (i + 1),
    };
  });
  return { name: `cell_${number}`, cycles: averaged(measured) };
}

function featuresOf(make: Make, loss: number, room: number, normal: Normal) {
  const resistance = make.resistance * (1 + 0.8 * loss) + 2e-5 * normal();
  const rise = 1000 * (resistance - make.resistance);
  const share = 1 - 1.5 * loss;
  return {
    // Of the straight line through the voltage over the capacity of a discharge: V/Ah and V.
    slope: -0.28 * (1 + 1.1 * loss) + 0.002 * normal(),
    intercept: make.plateau - 0.02 * rise + 0.001 * normal(),
    mean_temperature: 31 + 0.6 * room + 0.5 * rise + 0.1 * normal(),
    internal_resistance: resistance,
    charge_time: make.chargeTime * (1 + 0.35 * loss ** 1.5) + 0.04 * normal(),
    dqdv_max: make.peak * share + 0.05 * normal(),
    dqdv_min: 0.35 * (1 + 0.7 * loss) + 0.01 * normal(),
    dqdv_variance: 2.1 * share ** 2 + 0.05 * normal(),
  };
}

/** A process that returns to 0 slowly, with deviation 1: autoregressive of order 1. */
function slow(normal: Normal): () => number {
  let value = normal();
  return () => {
    value = MEMORY * value + Math.sqrt(1 - MEMORY ** 2) * normal();
    return value;
  };
}

/** Features as moving averages. Cycles before there are enough of them have none, and are left out. */
function averaged(cycles: readonly Cycle[]): Cycle[] {
  const names = FEATURES.filter((name) => name !== 'cycle');
  const averages = names.map((name) => {
    const values = cycles.map((cycle) => cycle[name]);
    return movingAverages(values, AVERAGED_CYCLES);
  });
  return cycles.slice(AVERAGED_CYCLES - 1).map((cycle, i) => ({
    ...cycle,
    ...Object.fromEntries(names.map((name, feature) => [name, averages[feature]![i]!])),
  }));
}
