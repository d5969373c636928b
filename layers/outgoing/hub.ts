/** Hugging Face's hub, or a mirror with its API: the files of a repository, and their bytes. */
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { EncoderFailure } from '#domain/encoders/failures.ts';
import { NoResponseError } from './connect.ts';
import { type Get, type GetResponse, makeGet } from './get.ts';
import { hostOf, isLocalName } from './url.ts';

export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Of the bytes, in hex; the hub tells it of large files only. */
  readonly sha256?: string;
}

/** What a hub answered, or that it did not. The message is one line, for the operator. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: EncoderFailure;

  constructor(code: EncoderFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface Hub {
  /** Without folders. Throws `HubError`. */
  files(repository: string): Promise<readonly HubFile[]>;
  /**
   * The bytes of a file from a place on. A connection that breaks is opened again where it broke. Throws `HubError`, also for a
   * file that is too short. Whether the bytes have the SHA-256 that the hub says is for the caller to see.
   */
  read(repository: string, file: HubFile, start?: number): AsyncIterable<Uint8Array>;
}

export interface HubOptions {
  readonly url: string;
  /** Sent to the hub itself, and never logged. */
  readonly token?: string | undefined;
  readonly get?: Get;
}

const IDLE_MS = 30_000;
/** How often a broken connection is opened again without a new byte. */
const TRIES = 3;
const LIST_BYTES = 4 * 2 ** 20;

const listing = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.int().min(0).default(0),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
  }),
);

export function makeHub({ url, token, get = defaultGet(url) }: HubOptions): Hub {
  const base = new URL(url).href.replace(/\/$/, '');
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<GetResponse> => {
    try {
      return await get({ url: `${base}/${path}`, headers, authorization });
    } catch (error) {
      if (!(error instanceof NoResponseError)) throw error;
      throw new HubError(
        'HUB_UNREACHABLE',
        `${base} cannot be reached: ${error.message}. Name a mirror that can be by the setting hubUrl (--hub-url), upload the encoder, or train compact-text, which needs no hub`,
        { cause: error },
      );
    }
  };
  return {
    async files(repository) {
      const response = await ask(`api/models/${encoded(repository)}/tree/main`, { accept: 'application/json' });
      await expectStatus(response, [200], { base, repository });
      const parsed = listing.safeParse(parse(await wholeOf(response, base)));
      if (!parsed.success) throw new HubError('HUB_ERROR', `${base} answered no list of files for ${repository}`);
      return parsed.data
        .filter(({ type }) => type === 'file')
        .map(({ path, size, lfs }) => ({ path, size: lfs?.size ?? size, ...(lfs ? { sha256: lfs.oid } : {}) }));
    },

    async *read(repository, file, start = 0) {
      const path = `${encoded(repository)}/resolve/main/${encoded(file.path)}`;
      let received = start;
      let tries = 0;
      while (received < file.size || file.size === 0) {
        const before = received;
        const range = received === 0 ? {} : { range: `bytes=${received}-` };
        const response = await ask(path, range);
        await expectStatus(response, received === 0 ? [200] : [200, 206], { base, repository, file: file.path });
        // Whoever answers 200 to a range sends the file from its beginning, as simple mirrors do.
        let known = response.status === 200 ? received : 0;
        try {
          for await (const chunk of response.body) {
            const more = chunk.subarray(Math.min(known, chunk.length));
            known -= chunk.length - more.length;
            received += more.length;
            if (received > file.size)
              throw new HubError(
                'FILE_DIFFERS',
                `${file.path} of ${repository} must have ${file.size} bytes; ${base} sent more`,
              );
            if (more.length > 0) yield more;
          }
        } catch (error) {
          if (!(error instanceof NoResponseError)) throw error;
        }
        if (received === file.size) break;
        tries = received > before ? 0 : tries + 1;
        if (tries === TRIES) {
          throw new HubError(
            'FILE_INCOMPLETE',
            `${file.path} of ${repository} must have ${file.size} bytes; ${base} sent ${received}`,
          );
        }
      }
    },
  };
}

/** The operator chose the hub, so that it may be on this machine. */
function defaultGet(url: string): Get {
  const host = hostOf(new URL(url));
  const loopback = isLocalName(host) || host === '::1' || host.startsWith('127.');
  return makeGet({ rules: { loopback }, idleMs: IDLE_MS });
}

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

interface Asked {
  readonly base: string;
  readonly repository: string;
  readonly file?: string;
}

async function expectStatus(response: GetResponse, wanted: readonly number[], of: Asked): Promise<void> {
  const { status, headers } = response;
  if (wanted.includes(status)) return;
  await response.body[Symbol.asyncIterator]().return?.(undefined);
  const what = of.file === undefined ? of.repository : `${of.file} of ${of.repository}`;
  throw errorOf(status, what, of.base, headers['retry-after']);
}

function errorOf(status: number, what: string, base: string, retryAfter: string | undefined): HubError {
  if (status === 401 || status === 403) {
    const line = `${base} does not give ${what} to everyone (${status}): set HF_TOKEN to a token that may read it, and name the repository in --hub-token-for`;
    return new HubError('HUB_UNAUTHORIZED', line);
  }
  if (status === 404) return new HubError('HUB_NOT_FOUND', `${base} has no ${what}`);
  if (status === 429) {
    const when = retryAfter === undefined ? 'later' : `in ${retryAfter} s`;
    return new HubError('HUB_RATE_LIMITED', `${base} answers too many requests (429): ask again ${when}`);
  }
  return new HubError('HUB_ERROR', `${base} answered ${status} for ${what}: ask again later`);
}

async function wholeOf(response: GetResponse, base: string): Promise<string> {
  async function* bounded(): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > LIST_BYTES) throw tooLong(base);
      yield chunk;
    }
  }
  try {
    return (await buffer(bounded())).toString('utf8');
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    throw new HubError('HUB_ERROR', `${base} broke off: ${error.message}`, { cause: error });
  }
}

const tooLong = (base: string): HubError =>
  new HubError('HUB_ERROR', `${base} sent a list of files of more than ${LIST_BYTES} bytes`);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
