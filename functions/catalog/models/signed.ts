import type { Author, Signed } from '#domain/catalog/history.ts';
import { isoTime } from '#domain/times.ts';
import type { Services } from '#functions/http/route.ts';

/** What is recorded of a change: by whom and when it is made, and how long it will be stored. */
export const signedBy = (by: Author, { adapters: { now }, settings }: Services): Signed => ({
  by,
  at: isoTime(now()),
  historyDays: settings.retention.historyDays,
});
