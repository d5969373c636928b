import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { runSchedule } from './run-schedule.ts';
import { type HostProcessOptions, type RunningHost, startHostProcess } from './running-host.ts';
import type { World } from './world.ts';

const POLL_MS = 50;
/** The largest request on one machine. */
const REQUEST_BYTES = 32 * 1024 * 1024;

/** One machine. */
export interface Served extends World {
  /** The host's data folder. */
  readonly data: string;
  /** Assign another one after stopping the first: it is stopped at the end. */
  host: RunningHost;
}

/** A host on a temporary folder, with further options, for all tests of a file. */
export const useHost = (...args: readonly string[]): Served => useHostWith({ args });

export function useHostWith(options: HostProcessOptions): Served {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-e2e-'));
  const data = join(folder, 'data');
  let host: RunningHost | undefined;
  beforeAll(async () => {
    host = await startHostProcess(data, options);
  });
  afterAll(async () => {
    await host?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    data,
    pollMilliseconds: POLL_MS,
    requestBytes: REQUEST_BYTES,
    webhooksToLoopback: true,
    runSchedule: (name, makeDue) => runSchedule(name, { dir: data }, makeDue),
    get host() {
      if (host === undefined) throw new Error('the host has not been started');
      return host;
    },
    set host(other) {
      host = other;
    },
    get base() {
      return this.host.base;
    },
    get bases() {
      return this.host.bases;
    },
  };
}
