/** Puts the parts of a file straight into a store: concurrently, and with retries. */
import { setTimeout as pause } from 'node:timers/promises';
import { lineOf } from '../smoke/platform-url.ts';

export interface PartsToPut {
  readonly part_size: number;
  readonly parts: readonly { readonly part: number; readonly url: string }[];
}

export interface PutPart {
  readonly part: number;
  readonly etag: string;
}

export interface PutOptions {
  /** Parts that an earlier try has put. */
  readonly before?: readonly PutPart[];
  /** Called after each part. */
  readonly onPart?: (done: PutPart) => void;
  /** Called after each part, with the bytes sent so far. */
  readonly onProgress?: (sent: number, size: number) => void;
  /** New URLs, for when these have expired. Default: there are none. */
  readonly renew?: () => Promise<PartsToPut>;
  /** How a retry waits. Default: a timer. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/** Parts in flight at once. */
const AT_ONCE = 4;
const TRIES = 5;
const BASE_MILLISECONDS = 500;

/** Resolves with all parts in order. Rejects if one was refused, or failed five times. */
export async function putParts(
  { part_size, parts }: PartsToPut,
  file: Blob,
  { before = [], onPart = () => {}, onProgress = () => {}, renew, sleep = pause, signal }: PutOptions = {},
): Promise<PutPart[]> {
  const urls = new Map(parts.map(({ part, url }) => [part, url]));
  /** Once for all parts whose URLs have expired at about the same time. */
  let renewing: Promise<void> | undefined;
  async function renewed(part: number, expired: string): Promise<string> {
    if (renew !== undefined && urls.get(part) === expired) {
      renewing ??= renew().then((again) => {
        for (const one of again.parts) urls.set(one.part, one.url);
        renewing = undefined;
      });
      await renewing;
    }
    return urls.get(part)!;
  }
  const done = [...before];
  const waiting = parts.filter(({ part }) => !before.some((one) => one.part === part));
  const bytesOf = (part: number) => file.slice((part - 1) * part_size, part * part_size);
  let sent = before.reduce((sum, { part }) => sum + bytesOf(part).size, 0);
  let failed = false;
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && !failed; next = waiting.shift()) {
      const { part } = next;
      const body = bytesOf(part);
      const put = {
        part,
        etag: await putPart(part, urls.get(part)!, body, { sleep, signal, ...(renew ? { renewed } : {}) }),
      };
      done.push(put);
      onPart(put);
      sent += body.size;
      onProgress(sent, file.size);
    }
  }
  const workers = Array.from({ length: AT_ONCE }, () =>
    work().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(workers);
  const end = ends.find((one) => one.status === 'rejected');
  if (end !== undefined) throw end.reason;
  return done.sort((a, b) => a.part - b.part);
}

interface Sending {
  readonly sleep: NonNullable<PutOptions['sleep']>;
  readonly signal: AbortSignal | undefined;
  readonly renewed?: (part: number, expired: string) => Promise<string>;
}

/** Resolves with the part's etag. A URL that is refused may have expired: another one is tried, once. */
async function putPart(part: number, first: string, body: Blob, { sleep, signal, renewed }: Sending): Promise<string> {
  let url = first;
  let isRenewed = renewed === undefined;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await put(url, body, signal);
    signal?.throwIfAborted();
    if ('etag' in answer) return answer.etag;
    if (answer.refused && renewed && !isRenewed) {
      isRenewed = true;
      url = await renewed(part, first);
      continue;
    }
    if (!answer.transient || attempt === TRIES) throw new Error(`part ${part} was not accepted: ${answer.reason}`);
    await sleep(Math.random() * BASE_MILLISECONDS * 2 ** attempt);
  }
}

type Answer =
  | { readonly etag: string }
  | { readonly reason: string; readonly transient: boolean; readonly refused: boolean };

async function put(url: string, body: Blob, signal: AbortSignal | undefined): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'PUT', body, signal: signal ?? null });
    const text = await response.text();
    const etag = response.headers.get('etag');
    if (response.ok && etag !== null) return { etag };
    const transient = response.status >= 500 || response.status === 429;
    return { reason: `${response.status} ${text.slice(0, 200)}`, transient, refused: response.status === 403 };
  } catch (error) {
    return { reason: lineOf(error), transient: true, refused: false };
  }
}
