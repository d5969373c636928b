import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ours } from './ours.ts';

/** The `model.onnx` that our host serves, as a file for the peer. */
export async function modelFile(ours: Ours): Promise<AsyncDisposable & { readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  const file = join(folder, 'model.onnx');
  await writeFile(file, await download(ours));
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function download({ base, account: { modelId, token } }: Ours): Promise<Buffer> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${base}/models/${modelId}/download`, { headers });
  if (!response.ok) throw new Error(`the download of the model answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
