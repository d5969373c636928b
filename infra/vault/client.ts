/** A client of the vault with an API key, and what its two commands have in common. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, makeClient } from '#client/client.ts';
import type { paths } from '#client/manager/schema.ts';

export type VaultClient = ReturnType<typeof makeClient<paths>>;

export function vaultClient(base: string, apiKey: string): VaultClient {
  const client = makeClient<paths>(base);
  client.use({
    onRequest({ request }) {
      request.headers.set('x-api-key', apiKey);
      return request;
    },
  });
  return client;
}

export interface CommandOptions {
  /** Called with the bytes that are done so far. */
  readonly onProgress?: (done: number, size: number) => void;
  /** How to wait. Default: a timer. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

const AGAIN_MS = 500;
const TRIES = 5;

/** Repeats a request that changes nothing more when it is repeated, where its answer was lost. */
export async function repeated<T>(
  ask: () => Promise<T>,
  sleep: NonNullable<CommandOptions['sleep']> = pause,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status < 500 && error.status !== TOO_MANY;
      if (isRefused || tries === TRIES) throw error;
      await sleep(Math.random() * AGAIN_MS * 2 ** tries);
    }
  }
}

const TOO_MANY = 429;

interface Going {
  readonly status: 'in_progress';
}

/** Repeats a request until what it began has the end. */
export async function untilDone<T extends object>(
  ask: () => Promise<T>,
  sleep: NonNullable<CommandOptions['sleep']> = pause,
): Promise<Exclude<T, Going>> {
  for (;;) {
    const answered = await ask();
    if (!isGoing(answered)) return answered as Exclude<T, Going>;
    await sleep(AGAIN_MS);
  }
}

const isGoing = (answered: object): answered is Going => 'status' in answered && answered.status === 'in_progress';

/** Of a file, or of its beginning. */
export async function hashOf(file: string, bytes = Number.POSITIVE_INFINITY) {
  const hash = createHash('sha256');
  if (bytes === 0) return hash;
  for await (const chunk of createReadStream(file, { end: bytes - 1, highWaterMark: 1_048_576 })) hash.update(chunk);
  return hash;
}
