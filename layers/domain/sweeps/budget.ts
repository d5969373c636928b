/**
 * The budget of a sweep: what its trials and the training of the best use together. Trials that begin share what is left,
 * and what the best would need again is set aside:
 *
 *     budget = used by ended trials + limits of running ones + limits of those that begin + the training of the best
 */
import type { ComputeUsage } from '../training/record.ts';
import type { Sweep, Trial } from './record.ts';

export interface Budget {
  max_seconds?: number;
  max_cost?: number;
}

type Bound = keyof Budget;
const BOUNDS = ['max_seconds', 'max_cost'] as const satisfies readonly Bound[];
const USED_OF = { max_seconds: 'compute_seconds', max_cost: 'estimated_cost' } as const satisfies Record<
  Bound,
  keyof ComputeUsage
>;

/** A trial that had less of the whole budget would say little. */
const LEAST_SHARE = 0.01;

const sumOf = (values: readonly (number | undefined)[]): number =>
  values.reduce((sum: number, value = 0) => sum + value, 0);

/** What the sweep's jobs that have ended used. */
export const usageOfSweep = ({ trials, final_usage }: Pick<Sweep, 'trials' | 'final_usage'>): ComputeUsage => ({
  compute_seconds: sumOf([...trials.map((one) => one.compute_seconds), final_usage?.compute_seconds]),
  estimated_cost: sumOf([...trials.map((one) => one.estimated_cost), final_usage?.estimated_cost]),
});

/**
 * The limits of each of so many trials that begin now. The name of a bound: too little of it is left.
 * @param best so far, which will be trained once more
 */
export function sharesOf(sweep: Sweep, count: number, best: Trial | undefined): Budget | Bound {
  const shares: Budget = {};
  for (const bound of BOUNDS) {
    const [whole, own] = [sweep[bound], sweep[`trial_${bound}`] ?? Infinity];
    if (whole === undefined) {
      if (own < Infinity) shares[bound] = own;
      continue;
    }
    const running = sweep.trials.filter(({ status }) => status === 'running').map((trial) => trial[bound]);
    const left = whole - usageOfSweep(sweep)[USED_OF[bound]] - sumOf(running);
    const again = best?.[USED_OF[bound]] ?? 0;
    const share = Math.min(left / (count + 1), (left - again) / count);
    if (share < whole * LEAST_SHARE) return bound;
    shares[bound] = Math.min(share, own);
  }
  return shares;
}

/**
 * The limits of the training of the best: what all trials have left, and at least what its trial used. A trainer ends soon
 * after its limit, so that trials may have used too much; the model is not to be worse than its trial for that.
 */
export function restOf(sweep: Sweep, best: Trial): Budget {
  const rest: Budget = {};
  for (const bound of BOUNDS) {
    const [whole, own] = [sweep[bound] ?? Infinity, sweep[`trial_${bound}`] ?? Infinity];
    const limit = Math.min(own, Math.max(leftOf(sweep, bound), best[USED_OF[bound]] ?? 0, whole * LEAST_SHARE));
    if (limit < Infinity) rest[bound] = limit;
  }
  return rest;
}

/** What the training of the best may use beyond the budget, as sentences without full stops. */
export function excessOf(sweep: Sweep, best: Trial): string[] {
  const rest = restOf(sweep, best);
  return BOUNDS.flatMap((bound) => {
    const [limit, left] = [rest[bound], Math.max(0, leftOf(sweep, bound))];
    if (limit === undefined || limit <= left) return [];
    return `Trials have left ${shown(left)} of ${bound}, and the training of the best may use ${shown(limit)}, as its trial did`;
  });
}

const leftOf = (sweep: Sweep, bound: Bound): number =>
  (sweep[bound] ?? Infinity) - sumOf(sweep.trials.map((trial) => trial[USED_OF[bound]]));

const shown = (value: number): string => String(Number(value.toPrecision(3)));
