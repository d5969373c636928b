/** Loads a model of any size from the vault into a file. What an interrupted try has loaded is not loaded again. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { answer } from '#client/client.ts';
import { lineOf } from '../smoke/platform-url.ts';
import { type CommandOptions, hashOf, untilDone, type VaultClient } from './client.ts';

export interface LoadedModel {
  readonly manager: string;
  readonly model: string;
  readonly password?: string;
  /** Whether a file that is there is replaced. */
  readonly replace: boolean;
}

const TRIES = 5;
const BASE_MILLISECONDS = 500;

/** Beside the file while it is being loaded: of this model only. */
export const partialOf = (file: string, hash: string): string => `${file}.${hash.slice(0, 16)}.part`;

/** Resolves with the model's SHA-256. The file is there only if it has that. */
export async function loadFile(
  client: VaultClient,
  file: string,
  { manager, model, password, replace }: LoadedModel,
  { onProgress = () => {}, sleep = pause }: CommandOptions = {},
): Promise<string> {
  if (!replace && (await sizeOf(file)) !== undefined) throw new Error(`${file} exists; --replace replaces it`);
  const params = { path: { manager_id: manager } };
  const body = { model_name: model, ...(password === undefined ? {} : { password }) };
  const { download_url, size_bytes, hash } = await untilDone(
    () => answer(client.POST('/api/model-manager/{manager_id}/models/download', { params, body })),
    sleep,
  );
  const partial = partialOf(file, hash);
  const had = Math.min((await sizeOf(partial)) ?? 0, size_bytes);
  const digest = await hashOf(partial, had);
  const out = await open(partial, 'a', 0o600);
  try {
    await out.truncate(had);
    for (let [done, tries] = [had, 1]; done < size_bytes; ) {
      try {
        for await (const chunk of rest(download_url, done)) {
          await out.appendFile(chunk);
          digest.update(chunk);
          done += chunk.length;
          tries = 1;
          onProgress(done, size_bytes);
        }
        if (done < size_bytes) throw new Error(`the connection ended after ${done} of ${size_bytes} bytes`);
      } catch (error) {
        if (tries === TRIES || error instanceof RefusedError) throw error;
        await sleep(Math.random() * BASE_MILLISECONDS * 2 ** tries);
        tries += 1;
      }
    }
    await out.sync();
  } finally {
    await out.close();
  }
  const got = digest.digest('hex');
  if (got !== hash) {
    await rm(partial);
    throw new Error(`what came is not the model: its SHA-256 is ${got}, not ${hash}`);
  }
  await rename(partial, file);
  return hash;
}

class RefusedError extends Error {}

/** From a byte on. */
async function* rest(url: string, start: number): AsyncGenerator<Uint8Array> {
  const response = await fetch(url, start === 0 ? {} : { headers: { range: `bytes=${start}-` } });
  if (response.status !== (start === 0 ? 200 : 206)) {
    const reason = `the download was refused: ${response.status} ${(await response.text()).slice(0, 200)}`;
    throw response.status >= 500 || response.status === 429 ? new Error(reason) : new RefusedError(reason);
  }
  if (response.body !== null) yield* response.body;
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(lineOf(error));
  }
}
