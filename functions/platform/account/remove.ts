import { z } from 'zod';
import { type ClosedAccount, closeAccount, findClosed } from '#domain/accounts/deletion/close.ts';
import { beginPurge, endAccess } from '#domain/accounts/deletion/purge.ts';
import { DELETED, remaining } from '#domain/accounts/deletion/remains.ts';
import { listUsers } from '#domain/accounts/users.ts';
import { ValidationError } from '#domain/errors.ts';
import { fold } from '#domain/keys.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { givenUsername } from '../auth/fields.ts';
import { id, time } from '../fields.ts';

const body = z
  .strictObject({
    confirm: givenUsername.meta({ description: 'The username of an administrator of the account' }),
  })
  .meta({ id: 'AccountDeletionRequest' });

const remains = z.strictObject({ what: z.string(), until: time });

const answer = z
  .strictObject({
    account_id: id,
    status: z.literal('deleting'),
    requested_at: time,
    deleted_by: time.meta({ description: 'When the last of it is gone, unless there is very much of it' }),
    deleting: z.array(z.string()).meta({ description: 'What goes' }),
    remains: z.array(remains).meta({ description: 'What stays, and until when' }),
  })
  .meta({ id: 'AccountDeletion' });

/** What a request does itself: of a small account, only backups are left then, which the sweep deletes. */
const STEPS = 50;

/** How long after the last of its trainers and requests may have ended the sweep comes. */
const SWEEP_MS = 600_000;

export const remove = route({
  method: 'DELETE',
  path: '/account',
  summary: 'Delete this account with all its data',
  description:
    'There is no way back. All tokens and API keys of all its users stop working at once, running trainings are stopped, ' +
    'and its names can be registered again. The data go in the background, whatever happens to this request.',
  tags: ['Account'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { body: json(body) },
  responses: { 202: { description: 'Everybody is locked out; the data are being deleted', schema: answer } },
  async handler({ caller: { accountId }, body: { confirm } }, { adapters, settings, logger }) {
    const { table, now } = adapters;
    if (!(await findClosed(table, accountId))) await expectConfirmed(table, accountId, confirm);
    const closed = await closeAccount(table, accountId, { now: now(), tokenSeconds: settings.accessTokenSeconds });
    await endAccess(table, closed);
    try {
      await beginPurge(adapters, closed, STEPS);
    } catch (error) {
      // The sweep goes on.
      logger.error('account not deleted yet', { account: accountId, error });
    }
    return { status: 202, body: show(closed, settings) };
  },
});

const show = (of: ClosedAccount, settings: Settings): z.input<typeof answer> => ({
  account_id: of.id,
  status: 'deleting',
  requested_at: of.closed_at,
  deleted_by: isoTime(Date.parse(of.quiet_at) + SWEEP_MS),
  deleting: [...DELETED],
  remains: remaining(of, settings),
});

/** Throws `ValidationError`. */
async function expectConfirmed(table: Table, accountId: string, confirm: string): Promise<void> {
  const users = await listUsers(table, accountId);
  const isAdmin = users.some((user) => user.role === 'admin' && fold(user.username) === fold(confirm));
  if (isAdmin) return;
  throw ValidationError.of(
    'confirm',
    `must be the username of an administrator of this account; got ${JSON.stringify(confirm)}`,
  );
}
