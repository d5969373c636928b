import type { Bench } from '../bench.ts';
import { startMixedFastApi } from '../peers/fastapi.ts';
import { compare } from './comparison.ts';
import { logIn } from './host/account.ts';
import { HERE } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { modelFile } from './model-file.ts';
import { openOurs } from './ours.ts';
import { mix } from './requests.ts';

const CLIENTS = 64;
const MODELS = 200;
const SLICES = 6;
const SECONDS = 60;

/**
 * A host under what 64 users do at once, in turns in the same run with FastAPI doing the same and, with the folder of
 * another checkout, with that one's host.
 */
const bench = (name: string, mixOf: typeof mix): Bench => ({
  name,
  unit: 'requests/s',
  run: async ({ seconds = SECONDS, versus, cpuProfile } = {}) => {
    await using stack = new AsyncDisposableStack();
    const load = stack.use(startLoad());
    const ours = stack.use(await openOurs({ checkout: HERE, models: MODELS, cpuProfile }));
    const plan = { clients: CLIENTS, seconds, slices: SLICES };
    const side = { ...ours, kinds: mixOf(ours.account) };
    const earlier = versus === undefined ? undefined : stack.use(await openOurs({ checkout: versus, models: MODELS }));
    const before = earlier && { ...earlier, kinds: mixOf(earlier.account) };
    const { file } = stack.use(await modelFile(ours));
    const peer = stack.use(await startMixedFastApi(MODELS, file));
    if (!peer) return await compare(load, plan, side, undefined, before);
    const account = { ...peer.account, modelId: ours.account.modelId, token: await logIn(peer.base, peer.account) };
    return await compare(load, plan, side, { ...peer, kinds: mixOf({ ...ours.account, ...account }) }, before);
  },
});

/** Argon2id bounds the logins, on both sides alike. */
const withoutLogins: typeof mix = (of) => mix(of).filter(({ name }) => name !== 'login');

export const benches: readonly Bench[] = [bench('api/mixed', mix), bench('api/mixed-without-logins', withoutLogins)];
