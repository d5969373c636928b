/** The message of a job, for whoever works on it. */
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { claimSending, noteSent, type VaultJob } from '#domain/vault/jobs.ts';

type Sends = Pick<Adapters, 'table' | 'queues' | 'now'>;

export async function sendJob(
  { queues }: Pick<Sends, 'queues'>,
  { account_id, manager_id, kind, fingerprint }: Pick<VaultJob, 'account_id' | 'manager_id' | 'kind' | 'fingerprint'>,
): Promise<void> {
  await send(queues.vault, { account_id, manager_id, kind, fingerprint });
}

/** It may only be waiting for its turn, and needs no further message until then. */
export async function sendAgain(adapters: Sends, job: VaultJob): Promise<void> {
  await sendJob(adapters, job);
  await noteSent(adapters.table, job, adapters.now());
}

/** For whoever asks how far it is: the schedule would do it as well, within some minutes. */
export async function sendIfLost(adapters: Sends, job: VaultJob): Promise<void> {
  if (await claimSending(adapters.table, job, adapters.now())) await sendAgain(adapters, job);
}
