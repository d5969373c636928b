/**
 * Saving and loading a model through the API of a one-machine host, beside the primitives alone: the AWS Encryption SDK
 * with frames of 1 MiB, and SHA-256 over plaintext and ciphertext, one after the other, in memory, in the same run, in a
 * process of their own, whose turn comes when the host does nothing any more.
 * Ours includes what comes with it: the transfer over HTTP, the files, durably written, the records and the audit trail.
 * `cpuMsPerMiB` is what the host takes of its processors, all threads together, also after its answer (`laterMsPerMiB`);
 * `mebibytes` is by how much a transfer raises what the host takes at its peak; `residentMiB` is that peak itself.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HERE } from '../api/host/host.ts';
import { openOurs } from '../api/ours.ts';
import { cpuSeconds, residentMiB } from '../api/process.ts';
import { type Bench, inTurn } from '../bench.ts';
import { digestOf, putPart } from './http.ts';
import type { PeerAnswer, PeerQuestion } from './peer/main.ts';
import { MEBIBYTE } from './primitives.ts';

/** MiB of a model, and how often it is transferred. */
const SIZES = [
  { size: 64, times: 5 },
  { size: 512, times: 3 },
] as const;
const AT_ONCE = 4;
const POLL_MS = 50;
/** For so long a host has to take no processor time until it counts as idle, and for so long that is waited for. */
const IDLE_MS = 200;
const BUSY_MS = 10_000;
const SAMPLE_MS = 25;
const MANAGER = 'bench';

interface Vault {
  readonly call: (path: string, body: object) => Promise<Readonly<Record<string, unknown>>>;
  readonly pid: number;
}

/** Repeats a request until what it began has the end. */
function caller(base: string, token: string): Vault['call'] {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return async (path, body) => {
    for (;;) {
      const url = `${base}/api/model-manager${path}`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
      const answered = (await response.json()) as Record<string, unknown>;
      if (response.status !== 202) return answered;
      await pause(POLL_MS);
    }
  };
}

async function save({ call }: Vault, model_name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const path = `/${MANAGER}/models/uploads`;
  const begun = await call(path, { model_name, file_size: bytes.length, replace_existing: true });
  const waiting = [...(begun.parts as { part: number; url: string }[])];
  const size = begun.part_size as number;
  const parts: { part: number; etag: string }[] = [];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { part, url } = next;
      parts.push({ part, etag: await putPart(url, bytes.subarray((part - 1) * size, part * size)) });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await call(`${path}/${begun.upload_id}/complete`, { parts: parts.sort((a, b) => a.part - b.part) });
}

/** Compares the hash, as whoever loads a model does. */
async function load({ call }: Vault, model_name: string): Promise<void> {
  const { download_url, hash } = await call(`/${MANAGER}/models/download`, { model_name });
  if ((await digestOf(download_url as string)) !== hash) throw new Error(`${model_name} is not what was saved`);
}

/** MiB a second. */
async function rate(size: number, work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (size * 1000) / (performance.now() - start);
}

/** The highest that the process took while something ran, in MiB. */
async function peak(pid: number, run: () => Promise<unknown>): Promise<number> {
  let most = residentMiB(pid) ?? Number.NaN;
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid) ?? Number.NaN);
  }, SAMPLE_MS);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return most;
}

/** Resolves with the seconds of processor that the host had taken when it became idle. */
async function idle(pid: number): Promise<number> {
  let [taken, since] = [cpuSeconds(pid) ?? Number.NaN, performance.now()];
  for (const began = since; performance.now() < began + BUSY_MS; ) {
    await pause(SAMPLE_MS);
    const now = cpuSeconds(pid) ?? Number.NaN;
    if (now !== taken) [taken, since] = [now, performance.now()];
    else if (performance.now() - since >= IDLE_MS) break;
  }
  return taken;
}

/** Asks a process for the rate of the primitives. */
function startPeer() {
  const child = fork(fileURLToPath(new URL('peer/main.ts', import.meta.url)), { execArgv: [] });
  return {
    rateOf: async (question: PeerQuestion): Promise<number> => {
      child.send(question);
      const [{ rate }] = (await once(child, 'message')) as [PeerAnswer];
      return rate;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

const transfer = (what: 'save' | 'load', { size, times }: (typeof SIZES)[number]): Bench => ({
  name: `vault/${what}-${size}`,
  unit: 'MiB/s',
  run: async ({ cpuProfile } = {}) => {
    await using host = await openOurs({ checkout: HERE, models: 1, cpuProfile });
    const vault = { call: caller(host.bases.manager!, host.account.token), pid: host.pid };
    await vault.call('/create', { manager_id: MANAGER, config: { backup_enabled: false } });
    const bytes = randomBytes(size * MEBIBYTE);
    using peer = startPeer();
    const small = randomBytes(MEBIBYTE);
    await save(vault, 'small', small);
    await load(vault, 'small');
    const before = residentMiB(host.pid) ?? Number.NaN;
    const ours = what === 'save' ? () => save(vault, 'm', bytes) : () => load(vault, 'm');
    let [cpu, later, transfers] = [0, 0, 0];
    const counted = async (): Promise<number> => {
      // Each load has a revision of its own: the download of one is staged, and used again for half an hour.
      if (what === 'load') await save(vault, 'm', bytes);
      const began = await idle(host.pid);
      const found = await rate(size, ours);
      const answered = cpuSeconds(host.pid) ?? Number.NaN;
      const ended = await idle(host.pid);
      cpu += ended - began;
      later += ended - answered;
      transfers += 1;
      return found;
    };
    let found: Awaited<ReturnType<typeof inTurn<'ours' | 'peer' | 'bare'>>> = {};
    const most = await peak(host.pid, async () => {
      found = await inTurn(
        { times },
        { ours: counted, peer: () => peer.rateOf(what), bare: () => peer.rateOf('bare') },
      );
    });
    const more = {
      of_bare_aes: found.ours!.median / found.bare!.median,
      cpuMsPerMiB: (1000 * cpu) / (transfers * size),
      laterMsPerMiB: (1000 * later) / (transfers * size),
      mebibytes: most - before,
      residentMiB: most,
    };
    return { ours: found.ours!.median, peer: found.peer!.median, spread: found.ours!.spread, more };
  },
});

export const benches: readonly Bench[] = SIZES.flatMap((size) => [transfer('save', size), transfer('load', size)]);
