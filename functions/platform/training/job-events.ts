/** A job's status as server-sent events: one whenever something but the time has changed. */

import type { Job } from '#domain/training/record.ts';
import { STREAM_SECONDS } from '#domain/training/streams.ts';
import { etagOf, statusOf } from './status-body.ts';

/** Milliseconds. */
const POLL_MS = 1_000;
/** Proxies close connections on which nothing is sent for a while. */
const KEEP_ALIVE_MS = 15_000;

export interface JobEventsOptions {
  /** The id of the last event that the client has. */
  readonly since?: string | undefined;
  readonly read: () => Promise<Job>;
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/** The id of the event that tells this state. */
export const eventIdOf = (job: Job, now: number): string => etagOf(statusOf(job, now));

/** Ends after a minute, or with the job. The client connects again and says what it has. */
export async function* jobEvents(
  first: Job,
  { since, read, now, pause }: JobEventsOptions,
): AsyncGenerator<string, void, undefined> {
  const until = now() + STREAM_SECONDS * 1_000;
  let known = since;
  let toldAt = now();
  yield `retry: ${POLL_MS}\n\n`;
  for (let job = first; ; job = await read()) {
    const id = eventIdOf(job, now());
    if (id !== known) {
      yield `id: ${id}\nevent: status\ndata: ${JSON.stringify(statusOf(job, now()))}\n\n`;
      known = id;
      toldAt = now();
    } else if (now() - toldAt >= KEEP_ALIVE_MS) {
      yield ': nothing new\n\n';
      toldAt = now();
    }
    if (job.ended_at !== undefined || now() + POLL_MS > until) return;
    await pause(POLL_MS);
  }
}
