/** EventBridge's envelope around an event, which the one-machine host writes too. */
import { z } from 'zod';

/** The `source` of every event of ours. */
export const EVENT_SOURCE = 'trainyard';

const addressed = z.object({ account_id: z.string() });

/**
 * The account that an event belongs to. On EventBridge the envelope's `account` is always the AWS account of the
 * publisher; our account is then in the detail, as `account_id`.
 */
export function accountOf(event: { readonly account: string; readonly detail: unknown }): string {
  const parsed = addressed.safeParse(event.detail);
  return parsed.success ? parsed.data.account_id : event.account;
}
