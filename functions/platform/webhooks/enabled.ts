import { ConflictError } from '#domain/errors.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { getWebhook } from '#domain/webhooks/read.ts';
import type { Webhook } from '#domain/webhooks/record.ts';

/** A webhook to which something is about to be sent. Throws `NotFoundError`, `ConflictError` if it is disabled. */
export async function getEnabled(table: Table, accountId: string, id: string): Promise<Webhook> {
  const found = await getWebhook(table, accountId, id);
  if (!found.enabled) throw new ConflictError(`Webhook ${id} is disabled: enable it first`);
  return found;
}
