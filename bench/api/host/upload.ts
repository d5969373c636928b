import { open } from 'node:fs/promises';
import { putPart } from '../../vault/http.ts';
import type { Caller } from './caller.ts';

interface Begun {
  readonly upload_id: string;
  readonly part_size: number;
  readonly parts: readonly { readonly part: number; readonly url: string }[];
}

/** Uploads a file in parts and resolves with the dataset's id. */
export async function uploadInParts(call: Caller, path: string, target: string): Promise<string> {
  const complete = await sendParts(call, path, target);
  return complete();
}

/** Sends all parts of a file, four at a time. What it resolves with completes the upload and resolves with the dataset's id. */
export async function sendParts(call: Caller, path: string, target: string): Promise<() => Promise<string>> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const wanted = { name: 'bench', file_name: 'table.csv', file_size: size, target };
  const { upload_id, part_size, parts } = (await call('/datasets/uploads', wanted)) as unknown as Begun;
  const waiting = [...parts];
  const done: { part: number; etag: string }[] = [];
  const work = async (): Promise<void> => {
    const memory = Buffer.allocUnsafeSlow(Math.min(part_size, size));
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { part, url } = next;
      const { bytesRead } = await file.read(memory, 0, memory.length, (part - 1) * part_size);
      done.push({ part, etag: await putPart(url, memory.subarray(0, bytesRead)) });
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  const complete = { parts: done.sort((a, b) => a.part - b.part) };
  return async () => (await call(`/datasets/uploads/${upload_id}/complete`, complete)).id!;
}
