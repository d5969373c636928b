import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../embedded/host.ts';

/** The OpenAPI document of each surface by the surface's name, as a host of this version serves it. */
export async function servedDocuments(): Promise<Readonly<Record<string, object>>> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-client-'));
  const log = { file: join(folder, 'host.log') };
  const host = await startHost({ dataDir: join(folder, 'data'), portOffset: 'free', log });
  try {
    const read = Object.entries(host.bases).map(async ([name, base]) => [name, await documentAt(base)] as const);
    return Object.fromEntries(await Promise.all(read));
  } finally {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function documentAt(base: string): Promise<object> {
  const url = `${base}/openapi.json`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as object;
}
