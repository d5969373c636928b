import type { Bench } from '../bench.ts';
import { startFastApi } from '../peers/fastapi.ts';
import { compare } from './comparison.ts';
import { logIn } from './host/account.ts';
import { HERE, type HostOptions } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { openOurs } from './ours.ts';
import type { Authorized, Request } from './requests.ts';

const CLIENTS = [1, 32];
const SLICES = 5;
const SECONDS = 30;

/**
 * One kind of request to one machine, in turns in the same run with FastAPI on SQLite (WAL) with one worker or, with the
 * folder of another checkout, with that one's host.
 */
export interface Row {
  readonly name: string;
  readonly request: (of: Authorized) => Request;
  /** How many the account has. */
  readonly models: number;
  /** Of our host, where the defaults would not let the requests through. */
  readonly settings?: HostOptions['settings'];
}

/** A bench for one client, and one for 32 at once. */
export const rowBenches = ({ name, request, models, settings }: Row): readonly Bench[] =>
  CLIENTS.map((clients) => ({
    name: `api/${name}/${clients}`,
    unit: 'requests/s',
    run: async ({ seconds = SECONDS, versus, cpuProfile } = {}) => {
      await using load = startLoad();
      await using ours = await openOurs({ checkout: HERE, models, settings, cpuProfile });
      await using peer = await (versus === undefined
        ? startPeer(models)
        : openOurs({ checkout: versus, models, settings }));
      const kinds = (account: Authorized) => [{ ...request(account), weight: 1 }];
      return await compare(
        load,
        { clients, seconds, slices: SLICES },
        { ...ours, kinds: kinds(ours.account) },
        peer && { ...peer, kinds: kinds(peer.account) },
      );
    },
  }));

async function startPeer(models: number) {
  const peer = await startFastApi(models);
  return peer && { ...peer, account: { ...peer.account, token: await logIn(peer.base, peer.account) } };
}
