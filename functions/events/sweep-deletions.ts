/** The sweep of accounts that are being deleted: goes on where the request, or the sweep before, ended. */
import { dueDeletions } from '#domain/accounts/deletion/close.ts';
import { purge } from '#domain/accounts/deletion/purge.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Log } from '#functions/http/contract.ts';

type DeletionsContext = Pick<Adapters, 'table' | 'blobs' | 'backupCopies' | 'compute' | 'now'> & {
  readonly logger: Log;
};

const ACCOUNTS_AT_ONCE = 10;
/** Of all of them together: what fits into the sweep's time. The next sweep makes the next ones. */
const STEPS = 500;

export async function sweepDeletions(context: DeletionsContext): Promise<void> {
  const due = await dueDeletions(context.table, context.now(), ACCOUNTS_AT_ONCE);
  for (const account of due) {
    const purged = await purge(context, account, Math.ceil(STEPS / due.length));
    context.logger.info('swept a deleted account', { account: account.id, purged });
  }
}
