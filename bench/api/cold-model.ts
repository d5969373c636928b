import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { logIn } from './host/account.ts';
import { makeCaller } from './host/caller.ts';
import { HERE, type RunningHost, startHostOf } from './host/host.ts';
import { prepare, trainPenguins } from './host/prepare.ts';
import { type Authorized, predict } from './requests.ts';

const RUNS = 7;
/** The host has loaded what it loads beside its first requests. */
const PAUSE_MS = 3000;
/** About 5 MB: its predictions are made beside the thread that answers requests. */
const LARGE = { epochs: 1, hidden_layers: [1100, 1100], seed: 7 };

/** How long a model takes to answer that was never asked before, on hosts that have just been started: in milliseconds. */
const cold: Bench = {
  name: 'api/cold-model',
  unit: 'ms',
  run: async () => {
    await using prepared = await prepare(HERE, 1);
    const { dataDir, log, account } = prepared;
    const large = await withHost(async (host) => {
      const call = makeCaller(host.base, await logIn(host.base, account));
      return (await trainPenguins(call, HERE, LARGE)).modelId;
    });
    const found: Record<'small' | 'large' | 'again' | 'atOnce', number[]> = {
      small: [],
      large: [],
      again: [],
      atOnce: [],
    };
    for (let run = 0; run < RUNS; run++) {
      await withHost(async (host) => {
        const of = { ...account, token: await logIn(host.base, account) };
        await pause(PAUSE_MS);
        found.small.push(await answered(host, of));
        // The thread beside starts after the first prediction.
        await pause(PAUSE_MS);
        found.again.push(await answered(host, of));
        found.large.push(await answered(host, { ...of, modelId: large }));
      });
      await withHost(async (host) => {
        found.atOnce.push(await answered(host, { ...account, token: await logIn(host.base, account) }));
      });
    }
    const small = summary(found.small);
    const columns = Object.entries(found).flatMap(([name, values]) => {
      const { median, most } = summary(values);
      return [[name, median] as const, [`${name}Most`, most] as const];
    });
    return { ours: small.median, peer: null, spread: small.spread, more: Object.fromEntries(columns) };

    async function withHost<T>(use: (host: RunningHost) => Promise<T>): Promise<T> {
      await using host = await startHostOf({ checkout: HERE, dataDir, log });
      return await use(host);
    }
  },
};

async function answered({ base }: RunningHost, of: Authorized & { readonly modelId: string }): Promise<number> {
  const { method, path, token, body } = predict(of);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const from = performance.now();
  const response = await fetch(`${base}${path}`, { method, headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return performance.now() - from;
}

function summary(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return { median, most: sorted.at(-1)!, spread: (sorted.at(-1)! - sorted[0]!) / median };
}

export const benches: readonly Bench[] = [cold];
