/**
 * Loads a file of an encoder in parts, so that whoever is killed in between, or has no time left, has little to load again:
 *
 *     hub ── 32 MiB ── part 1 ── recorded ── 32 MiB ── part 2 ── recorded ── … ── SHA-256 of all parts
 */
import { createHash } from 'node:crypto';
import type { EncoderFile, PartialFile } from '#domain/encoders/record.ts';
import { partKey, readStored } from '#domain/encoders/stored-file.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { type Hub, HubError, type HubFile } from '#outgoing/hub.ts';
import { untilAborted } from './until-aborted.ts';

export interface FileToLoad {
  readonly blobs: Blobs;
  readonly prefix: string;
  readonly hub: Hub;
  readonly repository: string;
  readonly file: HubFile;
  /** What there is of it, perhaps of another version. */
  readonly before: PartialFile | undefined;
  /** Aborts when there is no time left. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Called with the bytes that have come, now and then, and with the parts that are stored after each. */
  report(loaded: number, partial?: PartialFile): Promise<unknown>;
}

const PART_BYTES = 32 * 2 ** 20;
/** Milliseconds between two reports of progress. */
const REPORT_MS = 1_000;
const BINARY = 'application/octet-stream';

/** Undefined if there was no time for the rest. Throws `HubError`. */
export async function loadFile(of: FileToLoad): Promise<EncoderFile | undefined> {
  const { blobs, prefix, hub, repository, file, before, signal, now, report } = of;
  const parts = isSame(before, file) ? [...before.parts] : [];
  let stored = parts.reduce((sum, size) => sum + size, 0);
  let [held, size, reportedAt] = [[] as Uint8Array[], 0, now()];
  const store = async () => {
    if (size === 0) return;
    await blobs.put(partKey(prefix, file.path, stored, size), Buffer.concat(held, size), { contentType: BINARY });
    parts.push(size);
    stored += size;
    [held, size] = [[], 0];
    await report(stored, partialOf(file, parts));
  };
  try {
    for await (const chunk of untilAborted(hub.read(repository, file, stored), signal)) {
      held.push(chunk);
      size += chunk.length;
      if (size >= PART_BYTES) await store();
      if (now() - reportedAt < REPORT_MS) continue;
      reportedAt = now();
      await report(stored + size);
    }
  } finally {
    await store();
  }
  if (stored < file.size) return undefined;
  if (parts.length === 0) parts.push(await storeEmpty(blobs, prefix, file));
  const sha256 = await sha256Of(of, parts);
  if (file.sha256 === undefined || sha256 === file.sha256) return { file: file.path, size: file.size, sha256, parts };
  await report(0, partialOf(file, []));
  throw new HubError(
    'FILE_DIFFERS',
    `${file.path} of ${repository} must have the SHA-256 ${file.sha256}; got ${sha256}`,
  );
}

/** Whether what is there is of this version of the file, as far as the hub tells them apart. */
const isSame = (before: PartialFile | undefined, { size, sha256 }: HubFile): before is PartialFile =>
  before?.size === size && before.sha256 === sha256;

const partialOf = ({ path, size, sha256 }: HubFile, parts: readonly number[]): PartialFile => ({
  ...{ file: path, size, parts: [...parts] },
  ...(sha256 === undefined ? {} : { sha256 }),
});

/** Resolves with the size of the only part. */
async function storeEmpty(blobs: Blobs, prefix: string, { path }: HubFile): Promise<number> {
  await blobs.put(partKey(prefix, path, 0, 0), new Uint8Array(), { contentType: BINARY });
  return 0;
}

async function sha256Of({ blobs, prefix, file }: FileToLoad, parts: readonly number[]): Promise<string> {
  const hash = createHash('sha256');
  const stored = { file: file.path, size: file.size, parts };
  for await (const chunk of readStored(blobs, prefix, stored)) hash.update(chunk);
  return hash.digest('hex');
}
