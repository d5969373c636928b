import { NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { InvalidCiphertextError } from '../ports/errors.ts';
import type { Keys } from '../ports/keys/port.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { validSecrets, type Webhook, webhook } from './record.ts';
import { unsealSecret } from './secret.ts';

export async function findWebhook(table: Table, accountId: string, id: string): Promise<Webhook | undefined> {
  const item = await table.get(keys.webhook(accountId, id));
  return item && webhook.parse(item);
}

/** Throws `NotFoundError`, also for a webhook of another account. */
export async function getWebhook(table: Table, accountId: string, id: string): Promise<Webhook> {
  const found = await findWebhook(table, accountId, id);
  if (!found) throw new NotFoundError(`Webhook ${id} not found`);
  return found;
}

/** All webhooks of an account, oldest first. */
export async function listWebhooks(table: Table, accountId: string): Promise<Webhook[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.webhooks });
  return items.map((item) => webhook.parse(item));
}

/**
 * The secrets that sign at `now` (RFC 3339), the current one first. One that cannot be read is left out; without any,
 * nothing can be delivered.
 */
export async function readableSecrets(
  port: Pick<Keys, 'unwrapDataKey'>,
  of: Webhook,
  now: string,
): Promise<readonly Uint8Array[]> {
  const secrets = await Promise.all(
    validSecrets(of, now).map(async (secret) => {
      try {
        return await unsealSecret(port, of, secret.sealed);
      } catch (error) {
        if (error instanceof InvalidCiphertextError) return undefined;
        throw error;
      }
    }),
  );
  return secrets.filter((secret) => secret !== undefined);
}
