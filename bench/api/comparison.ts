import { inTurn, type Measurement } from '../bench.ts';
import type { Load, Order, Outcome } from './load/load.ts';
import type { Kind } from './load/mix.ts';
import { rateOf, type Summary, summarize, total } from './load/statistics.ts';
import { cpuSeconds, residentMiB } from './process.ts';

/** A server, and what is asked of it. */
export interface Side {
  readonly base: string;
  readonly pid: number;
  readonly kinds: readonly Kind[];
}

export interface Plan {
  readonly clients: number;
  /** Of all slices together, but for the first of each side, which is not counted. */
  readonly seconds: number;
  /** Of each side. */
  readonly slices: number;
}

/**
 * Puts the same load on all sides in turn, slice after slice; in each turn the clients choose alike.
 * @param before another version of ours: its columns begin with `before`
 */
export async function compare(
  load: Load,
  { clients, seconds, slices }: Plan,
  ours: Side,
  peer?: Side,
  before?: Side,
): Promise<Measurement> {
  const sides = 1 + Number(peer !== undefined) + Number(before !== undefined);
  const order = { clients, seconds: seconds / (sides * slices) };
  const first = record(load, order, ours);
  const [second, third] = [peer, before].map((side) => side && record(load, order, side));
  const rates = await inTurn({ times: slices }, { ours: first.run, peer: second?.run, before: third?.run });
  const [here, there, then] = [first.summary(), second?.summary(), third?.summary()];
  return {
    ours: rates.ours!.median,
    peer: rates.peer?.median ?? null,
    spread: rates.ours!.spread,
    more: {
      ...columnsOf(here),
      ...(there && rates.peer
        ? {
            peerSpread: rates.peer.spread,
            ...columnsOf(there, 'peer'),
            ratioCpu: here.cpuMs && there.cpuMs && there.cpuMs / here.cpuMs,
          }
        : {}),
      ...(then && rates.before
        ? {
            before: rates.before.median,
            ratioBefore: rates.ours!.median / rates.before.median,
            beforeRatio: rates.peer ? rates.before.median / rates.peer.median : null,
            beforeSpread: rates.before.spread,
            ...columnsOf(then, 'before'),
          }
        : {}),
      generatorBusy: Math.max(here.busy, there?.busy ?? 0, then?.busy ?? 0),
    },
  };
}

interface Consumption extends Summary {
  /** Milliseconds of processor for a request. */
  readonly cpuMs: number | null;
  /** At the end. */
  readonly residentMiB: number | null;
}

/** What runs one slice, and puts together what all but the first have found. */
function record(load: Load, order: Pick<Order, 'clients' | 'seconds'>, { base, pid, kinds }: Side) {
  const outcomes: Outcome[] = [];
  /** Before each slice, and at last. */
  const cpu: (number | null)[] = [cpuSeconds(pid)];
  const run = async (): Promise<number> => {
    const outcome = await load.run({ ...order, base, kinds, seed: outcomes.length });
    outcomes.push(outcome);
    cpu.push(cpuSeconds(pid));
    return rateOf(outcome);
  };
  const summary = (): Consumption => {
    const found = summarize(outcomes.slice(1));
    const [from, to] = [cpu[1] ?? null, cpu.at(-1) ?? null];
    const known = from !== null && to !== null && found.answered > 0;
    return { ...found, cpuMs: known ? (1000 * (to - from)) / found.answered : null, residentMiB: residentMiB(pid) };
  };
  return { run, summary };
}

/** Latencies by kind in milliseconds, errors in all and, where there are any, by status. */
function columnsOf({ kinds, errors, cpuMs, residentMiB }: Consumption, prefix = ''): Record<string, number | null> {
  const latencies = Object.entries(kinds).flatMap(([name, { p50, p99 }]) => [
    [`${name}P50`, p50] as const,
    [`${name}P99`, p99] as const,
  ]);
  const byStatus = Object.entries(errors).map(([what, count]) => [`errors ${what}`, count] as const);
  const columns = [...latencies, ['errors', total(errors)] as const, ...byStatus];
  return Object.fromEntries(
    [...columns, ['cpuMs', cpuMs] as const, ['residentMiB', residentMiB] as const].map(([name, value]) => [
      prefix === '' ? name : `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`,
      value,
    ]),
  );
}
