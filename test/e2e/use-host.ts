import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type RunningHost, startHostProcess } from './running-host.ts';

export interface Served {
  /** Of this test file alone. */
  readonly folder: string;
  /** The host's data folder. */
  readonly data: string;
  /** Put another one here after stopping the first: it is stopped at the end. */
  host: RunningHost;
}

/** A host on a folder of its own for all tests of a file. */
export function useHost(): Served {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-e2e-'));
  const served: { folder: string; data: string; host?: RunningHost } = { folder, data: join(folder, 'data') };
  beforeAll(async () => {
    served.host = await startHostProcess(served.data);
  });
  afterAll(async () => {
    await served.host?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return served as Served;
}
