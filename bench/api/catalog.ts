import type { Bench } from '../bench.ts';
import { startFastApi } from '../peers/fastapi.ts';
import { compare } from './comparison.ts';
import { logIn } from './host/account.ts';
import { makeCaller } from './host/caller.ts';
import { HERE } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { type Kind, UNIQUE } from './load/mix.ts';
import { openOurs } from './ours.ts';

const CLIENTS = 32;
const SLICES = 5;
const SECONDS = 30;
/** In the catalog at the beginning. */
const MODELS = 1000;
/** Of one import. */
const PART = 100;

const settings = (model_id: string) => ({
  ...{ name: 'Claude 3 Opus', model_id, description: 'Most capable Claude model', is_active: true },
  ...{ max_tokens: 200_000, temperature: 0.5, top_p: 0.9, region: 'us-west-2' },
});

/** By the name of the route: the example of the document. */
const BODIES = {
  list: { page: 1, size: 8, is_active: true, operatorId: 1 },
  create: { ...settings(`claude-${UNIQUE}`), operatorId: 1 },
} as const;

const kindOf = (what: keyof typeof BODIES, token: string): Kind => ({
  ...{ name: what, weight: 1, method: 'POST', path: `/api/v1/models/${what}`, token, body: BODIES[what] },
});

async function fill(base: string, token: string): Promise<void> {
  const call = makeCaller(base, token);
  for (let start = 0; start < MODELS; start += PART) {
    const items = Array.from({ length: PART }, (_, n) => settings(`claude-${start + n}`));
    await call('/api/v1/models/import', { items });
  }
}

const benchOf = (what: keyof typeof BODIES): Bench => ({
  name: `api/catalog-${what}/${CLIENTS}`,
  unit: 'requests/s',
  run: async ({ seconds = SECONDS, cpuProfile } = {}) => {
    await using load = startLoad();
    await using ours = await openOurs({ checkout: HERE, models: 1, cpuProfile });
    await using peer = await startFastApi(MODELS);
    const base = ours.bases.catalog!;
    await fill(base, ours.account.token);
    return await compare(
      load,
      { clients: CLIENTS, seconds, slices: SLICES },
      { base, pid: ours.pid, kinds: [kindOf(what, ours.account.token)] },
      peer && { ...peer, kinds: [kindOf(what, await logIn(peer.base, peer.account))] },
    );
  },
});

/** The catalog's first page, and new models, for 32 clients of one account, beside FastAPI on SQLite. */
export const benches: readonly Bench[] = [benchOf('list'), benchOf('create')];
