/** Saves a file of any size as a model of the vault, in parts. What an interrupted try has put is not put again. */
import { openAsBlob } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { ApiError, answer } from '#client/client.ts';
import { type PutPart, putParts } from '../upload/put-parts.ts';
import { type CommandOptions, hashOf, repeated, untilDone, type VaultClient } from './client.ts';

export interface WantedModel {
  readonly manager: string;
  readonly model: string;
  /** Needed to begin only. */
  readonly password?: string;
  readonly replace: boolean;
  readonly sign: boolean;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Beside the file while it is being saved. It has no password; its URLs take the parts of this file for an hour at most. */
const begun = z.object({
  manager: z.string(),
  model: z.string(),
  sha256: z.string(),
  upload_id: z.string(),
  part_size: z.number(),
  parts: z.array(z.object({ part: z.number(), url: z.string() })),
  /** Epoch milliseconds. */
  until: z.number(),
  done: z.array(z.object({ part: z.number(), etag: z.string() })),
});
type Begun = z.infer<typeof begun>;

export const notesOf = (file: string): string => `${file}.vault-upload`;

/** It was given up before it was saved, and nothing of it stays. */
export class GivenUpError extends Error {}

interface SaveOptions extends CommandOptions {
  readonly now?: () => number;
  /** Gives up: what was sent is deleted. */
  readonly signal?: AbortSignal;
}

/** Resolves with the model's SHA-256. Throws `GivenUpError`, and if the vault has another file than this one. */
export async function saveFile(
  client: VaultClient,
  file: string,
  wanted: WantedModel,
  { onProgress = () => {}, sleep, now = Date.now, signal }: SaveOptions = {},
): Promise<string> {
  const { size } = await stat(file);
  const sha256 = (await hashOf(file)).digest('hex');
  const notes = notesOf(file);
  const before = await earlier(notes, { ...wanted, sha256 }, now());
  const upload = before ?? (await begin(client, wanted, { size, sha256 }));
  const done: PutPart[] = [...upload.done];
  // Under another name first, so that a try that is cut off leaves whole notes.
  const note = async () => {
    await writeFile(`${notes}.new`, JSON.stringify({ ...upload, done }), { mode: 0o600 });
    await rename(`${notes}.new`, notes);
  };
  let noting = note();
  const onPart = (part: PutPart) => {
    done.push(part);
    noting = noting.then(note);
  };
  const params = { path: { manager_id: wanted.manager, upload_id: upload.upload_id } };
  const giveUp = async (): Promise<void> => {
    await answer(client.DELETE('/api/model-manager/{manager_id}/models/uploads/{upload_id}', { params }));
    await rm(notes, { force: true });
    throw new GivenUpError(`given up: nothing of ${wanted.model} was saved`);
  };
  const parts = await putParts(upload, await openAsBlob(file), {
    before: upload.done,
    signal,
    onPart,
    onProgress,
    renew: () => answer(client.GET('/api/model-manager/{manager_id}/models/uploads/{upload_id}', { params })),
    ...(sleep === undefined ? {} : { sleep }),
  })
    .finally(() => noting)
    .catch(async (error: unknown) => {
      if (signal?.aborted) await giveUp();
      throw error;
    });
  const body = { parts, digital_signature: wanted.sign };
  const path = '/api/model-manager/{manager_id}/models/uploads/{upload_id}/complete';
  const complete = async () => {
    if (signal?.aborted) await giveUp();
    return repeated(() => answer(client.POST(path, { params, body })), sleep);
  };
  const saved = await untilDone(complete, sleep).catch(async (error: unknown) => {
    // Repeated, it would be refused again: the next try begins anew.
    if (error instanceof ApiError && error.status < 500 && error.status !== TOO_MANY) await rm(notes, { force: true });
    throw error;
  });
  await rm(notes, { force: true });
  if (saved.hash !== sha256) throw new Error(`the vault has another file: its SHA-256 is ${saved.hash}, not ${sha256}`);
  return sha256;
}

async function begin(
  client: VaultClient,
  { manager, model, password, replace, tags, metadata }: WantedModel,
  { size, sha256 }: { readonly size: number; readonly sha256: string },
): Promise<Begun> {
  const params = { path: { manager_id: manager } };
  const body = {
    model_name: model,
    file_size: size,
    tags: [...tags],
    metadata: { ...metadata },
    replace_existing: replace,
    ...(password === undefined ? {} : { password }),
  };
  const { upload_id, part_size, parts, complete_by } = await answer(
    client.POST('/api/model-manager/{manager_id}/models/uploads', { params, body }),
  );
  return { manager, model, sha256, upload_id, part_size, parts, until: Date.parse(complete_by), done: [] };
}

const TOO_MANY = 429;

/** Too little time is left of one that ends within a minute. */
const MARGIN_MS = 60_000;

/** What an earlier try noted about the same file, for the same model. */
async function earlier(
  notes: string,
  { manager, model, sha256 }: Pick<Begun, 'manager' | 'model' | 'sha256'>,
  now: number,
): Promise<Begun | undefined> {
  let text: string;
  try {
    text = await readFile(notes, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const found = begun.safeParse(parsed(text)).data;
  const isSame = found?.manager === manager && found.model === model && found.sha256 === sha256;
  return isSame && found.until - MARGIN_MS > now ? found : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off while it was written.
    return undefined;
  }
}
