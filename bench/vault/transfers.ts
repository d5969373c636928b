/**
 * Saving and loading a model through the API of a one-machine host, beside the primitives alone: the AWS Encryption SDK
 * with frames of 1 MiB, and SHA-256 over plaintext and ciphertext, one after the other, in memory, in the same run.
 * Ours includes what comes with it: the transfer over HTTP, the files, durably written, the records and the audit trail.
 * `cpuMsPerMiB` is what the host takes of its processors, all threads together; `mebibytes` is by how much a transfer
 * raises what the host takes at its peak; `residentMiB` is that peak itself.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { HERE } from '../api/host/host.ts';
import { openOurs } from '../api/ours.ts';
import { cpuSeconds, residentMiB } from '../api/process.ts';
import { type Bench, inTurn } from '../bench.ts';
import { digestOf, putPart } from './http.ts';
import { bareAes, MEBIBYTE, sdkDecrypt, sdkEncrypt } from './primitives.ts';

/** MiB of a model, and how often it is transferred. */
const SIZES = [
  { size: 64, times: 5 },
  { size: 512, times: 3 },
] as const;
/** MiB that the primitives take at once, which they hold in memory several times. */
const PIECE = 64;
const AT_ONCE = 4;
const POLL_MS = 50;
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

const transfer = (what: 'save' | 'load', { size, times }: (typeof SIZES)[number]): Bench => ({
  name: `vault/${what}-${size}`,
  unit: 'MiB/s',
  run: async ({ cpuProfile } = {}) => {
    await using host = await openOurs({ checkout: HERE, models: 1, cpuProfile });
    const vault = { call: caller(host.bases.manager!, host.account.token), pid: host.pid };
    await vault.call('/create', { manager_id: MANAGER, config: { backup_enabled: false } });
    const bytes = randomBytes(size * MEBIBYTE);
    const key = new Uint8Array(randomBytes(32));
    const piece = bytes.subarray(0, PIECE * MEBIBYTE);
    const sealed = what === 'load' ? await sdkEncrypt(piece, key) : piece;
    const small = randomBytes(MEBIBYTE);
    await save(vault, 'small', small);
    await load(vault, 'small');
    const before = residentMiB(host.pid) ?? Number.NaN;
    const ours = what === 'save' ? () => save(vault, 'm', bytes) : () => load(vault, 'm');
    if (what === 'load') await save(vault, 'm', bytes);
    let [cpu, transfers] = [0, 0];
    const counted = async () => {
      const began = cpuSeconds(host.pid) ?? Number.NaN;
      await ours();
      cpu += (cpuSeconds(host.pid) ?? Number.NaN) - began;
      transfers += 1;
    };
    let found: Awaited<ReturnType<typeof inTurn<'ours' | 'peer' | 'bare'>>> = {};
    const most = await peak(host.pid, async () => {
      found = await inTurn(
        { times },
        {
          ours: () => rate(size, counted),
          peer: () => rate(PIECE, () => (what === 'save' ? sdkEncrypt(piece, key) : sdkDecrypt(sealed, key))),
          bare: () => rate(PIECE, () => bareAes(piece, key)),
        },
      );
    });
    const more = {
      of_bare_aes: found.ours!.median / found.bare!.median,
      cpuMsPerMiB: (1000 * cpu) / (transfers * size),
      mebibytes: most - before,
      residentMiB: most,
    };
    return { ours: found.ours!.median, peer: found.peer!.median, spread: found.ours!.spread, more };
  },
});

export const benches: readonly Bench[] = SIZES.flatMap((size) => [transfer('save', size), transfer('load', size)]);
