import { logIn } from './host/account.ts';
import { type HostOptions, type RunningHost, startHostOf } from './host/host.ts';
import { prepare, type Trained } from './host/prepare.ts';
import type { Authorized } from './requests.ts';

export interface Ours extends RunningHost {
  readonly account: Authorized & Trained;
}

export interface OursOptions {
  /** Which version: the folder of a checkout of this repository. */
  readonly checkout: string;
  /** How many the account has. */
  readonly models: number;
  readonly settings?: HostOptions['settings'];
  readonly cpuProfile?: string | undefined;
}

/** A host that was just started on data prepared by the same version. */
export async function openOurs({ checkout, models, settings, cpuProfile }: OursOptions): Promise<Ours> {
  await using opened = new AsyncDisposableStack();
  const { dataDir, log, account } = opened.use(await prepare(checkout, models));
  const host = opened.use(await startHostOf({ checkout, dataDir, log, settings, cpuProfile }));
  const token = await logIn(host.base, account);
  const kept = opened.move();
  return { ...host, account: { ...account, token }, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
