/** MiniStack, an emulator of AWS, as a process of its own: see docs/emulators.md. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clients, makeClients } from '#aws/clients.ts';

export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
export const PYTHON = join(import.meta.dirname, '../../.trainyard/cloud/venv/bin/python');

export interface MiniStack {
  readonly endpoint: string;
  /** Clients with connections of their own; closed with the emulator. */
  clients(): Clients;
  /** Sets the emulator's clock to so many epoch seconds; only if it was started with `clock`. */
  setClock(seconds: number): void;
  stop(): Promise<void>;
}

/** Starts empty, on a free port of 127.0.0.1. With `clock` its time stands still at so many epoch seconds until set. */
export async function startMiniStack({ clock }: { clock?: number } = {}): Promise<MiniStack> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-ministack-'));
  const file = join(folder, 'clock');
  const handle = openSync(file, 'w');
  // Always of the same length, because the emulator may read at any moment.
  const setClock = (seconds: number): void => void writeSync(handle, seconds.toFixed(3).padStart(32), 0);
  if (clock !== undefined) setClock(clock);
  const port = await freePort();
  const process_ = spawn(PYTHON, [join(import.meta.dirname, 'emulator.py'), ...(clock === undefined ? [] : [file])], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      MINISTACK_REGION: REGION,
    },
    // It exits when its input ends, and so also when this process is killed.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  await ready(process_);
  const endpoint = `http://127.0.0.1:${port}`;
  const made: Clients[] = [];
  return {
    endpoint,
    clients: () => {
      const clients = makeClients({ region: REGION, endpoint, credentials: CREDENTIALS });
      made.push(clients);
      return clients;
    },
    setClock,
    stop: async () => {
      for (const clients of made) clients.destroy();
      const ended = once(process_, 'exit');
      process_.kill('SIGKILL');
      await ended;
      closeSync(handle);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when it prints that it is ready; rejects with its output if it exits before. */
async function ready(process_: ChildProcess): Promise<void> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface(process_.stderr!).on('line', (line) => {
      lines.push(line);
      if (/Running on http/.test(line)) resolve();
    });
    process_.once('error', reject);
    process_.once('exit', (code) => reject(new Error(`MiniStack ended with ${code}: ${lines.slice(-5).join(' | ')}`)));
  });
}
