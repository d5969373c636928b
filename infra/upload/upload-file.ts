/** Uploads a file of any size to a platform: in parts that go straight to the store, concurrently and with retries. */
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type makeClient } from '#client/client.ts';
import type { components, paths } from '#client/platform/schema.ts';
import { lineOf } from '../smoke/platform-url.ts';

export interface WantedDataset {
  readonly name: string;
  readonly target?: string;
  readonly type?: components['schemas']['NewUpload']['dataset_type'];
}

export interface UploadOptions {
  /** Called after each part, with the bytes sent so far. */
  readonly onProgress?: (sent: number, size: number) => void;
  /** Called before the upload is completed: the token may have expired by then. */
  readonly refresh?: () => Promise<void>;
  /** How a retry waits. Default: a timer. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

export type PlatformClient = ReturnType<typeof makeClient<paths>>;
type Begun = components['schemas']['Upload'];

/** Parts in flight at once. */
const AT_ONCE = 4;
const TRIES = 5;
const BASE_MILLISECONDS = 500;

/**
 * Resolves with the dataset's id once the upload is complete; processing follows. If a part fails five times, or the
 * platform refuses a request, the upload is aborted.
 */
export async function uploadFile(
  client: PlatformClient,
  file: string,
  { name, target, type }: WantedDataset,
  { onProgress = () => {}, refresh = async () => {}, sleep = pause }: UploadOptions = {},
): Promise<string> {
  const { size } = await stat(file);
  const wanted = {
    name,
    file_name: basename(file),
    file_size: size,
    ...(target === undefined ? {} : { target }),
    ...(type === undefined ? {} : { dataset_type: type }),
  };
  const begun = await answer(client.POST('/datasets/uploads', { body: wanted }));
  const params = { path: { upload_id: begun.upload_id } };
  try {
    const renew = async () => {
      await refresh();
      return answer(client.GET('/datasets/uploads/{upload_id}', { params }));
    };
    const parts = await putParts(begun, await openAsBlob(file), { sleep, onProgress, renew });
    await refresh();
    return (await answer(client.POST('/datasets/uploads/{upload_id}/complete', { params, body: { parts } }))).id;
  } catch (error) {
    // If aborting fails, the upload expires in a day; throw the first error.
    await client.DELETE('/datasets/uploads/{upload_id}', { params }).catch(() => {});
    throw error;
  }
}

async function putParts(
  { part_size, parts }: Begun,
  file: Blob,
  { sleep, onProgress, renew }: Sending,
): Promise<{ part: number; etag: string }[]> {
  const waiting = [...parts];
  const urls = new Map(parts.map(({ part, url }) => [part, url]));
  /** Once for all parts whose URLs have expired at about the same time. */
  let renewing: Promise<void> | undefined;
  async function renewed(part: number, expired: string): Promise<string> {
    if (urls.get(part) === expired) {
      renewing ??= renew().then((again) => {
        for (const one of again.parts) urls.set(one.part, one.url);
        renewing = undefined;
      });
      await renewing;
    }
    return urls.get(part)!;
  }
  const done: { part: number; etag: string }[] = [];
  let sent = 0;
  let failed = false;
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && !failed; next = waiting.shift()) {
      const { part } = next;
      const body = file.slice((part - 1) * part_size, part * part_size);
      done.push({ part, etag: await putPart(part, urls.get(part)!, body, { sleep, renewed }) });
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

interface Sending extends Required<Pick<UploadOptions, 'sleep' | 'onProgress'>> {
  /** New URLs. */
  readonly renew: () => Promise<Begun>;
}

/** Resolves with the part's etag. A URL that is refused may have expired: another one is tried, once. */
async function putPart(
  part: number,
  first: string,
  body: Blob,
  { sleep, renewed }: Pick<Sending, 'sleep'> & { readonly renewed: (part: number, expired: string) => Promise<string> },
): Promise<string> {
  let url = first;
  let isRenewed = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await put(url, body);
    if ('etag' in answer) return answer.etag;
    if (answer.refused && !isRenewed) {
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

async function put(url: string, body: Blob): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'PUT', body });
    const text = await response.text();
    const etag = response.headers.get('etag');
    if (response.ok && etag !== null) return { etag };
    const transient = response.status >= 500 || response.status === 429;
    return { reason: `${response.status} ${text.slice(0, 200)}`, transient, refused: response.status === 403 };
  } catch (error) {
    return { reason: lineOf(error), transient: true, refused: false };
  }
}
