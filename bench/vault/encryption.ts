/**
 * What the vault's encryption takes beside its primitives: 64 MiB are sealed and opened, with both digests. The peer is
 * the sum of the primitives in the same run, which for ChaCha20Poly1305 are those of AES as well. `of_bare_aes` is the
 * fraction of the rate of AES-256-GCM by itself; `mebibytes` is by how much 512 MiB from a stream raise what the process
 * takes at its peak.
 */
import { randomBytes } from 'node:crypto';
import { ALGORITHMS, type Algorithm, ciphers } from '#vault/encryption/algorithms.ts';
import { open } from '#vault/encryption/open.ts';
import { type Sealing, seal } from '#vault/encryption/seal.ts';
import { type Bench, inTurn } from '../bench.ts';
import { bareAes, MEBIBYTE, pieces, sdkDecrypt, sdkEncrypt } from './primitives.ts';

const SIZE = 64;
const STREAMED = 512;
const TIMES = 7;

const key = new Uint8Array(randomBytes(32));
const sealingOf = (algorithm: Algorithm): Sealing => ({ algorithm, key, context: { bench: 'vault' } });

/** MiB a second. */
async function rate(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (SIZE * 1000) / (performance.now() - start);
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

async function peak(run: (sample: () => void) => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  await run(() => {
    most = Math.max(most, process.memoryUsage.rss());
  });
  return (most - before) / MEBIBYTE;
}

function* stream(sample: () => void): Generator<Uint8Array> {
  for (let i = 0; i < STREAMED; i++) {
    sample();
    yield Buffer.alloc(MEBIBYTE, i);
  }
}

const sealBench = (algorithm: Algorithm): Bench => ({
  name: `vault/seal-${algorithm}`,
  unit: 'MiB/s',
  run: async () => {
    const bytes = randomBytes(SIZE * MEBIBYTE);
    const sealing = sealingOf(algorithm);
    const mebibytes = await peak((sample) => drain(seal(stream(sample), sealing).ciphertext));
    const found = await inTurn(
      { times: TIMES },
      {
        ours: () => rate(() => drain(seal(pieces(bytes), sealing).ciphertext)),
        peer: () => rate(() => sdkEncrypt(bytes, key)),
        bare: () => rate(() => bareAes(bytes, key)),
      },
    );
    return summary(found, mebibytes);
  },
});

const openBench = (algorithm: Algorithm): Bench => ({
  name: `vault/open-${algorithm}`,
  unit: 'MiB/s',
  run: async () => {
    const bytes = randomBytes(SIZE * MEBIBYTE);
    const sealing = sealingOf(algorithm);
    const sealed = seal(pieces(bytes), sealing);
    const chunks: Uint8Array[] = [];
    for await (const chunk of sealed.ciphertext) chunks.push(chunk);
    const ciphertext = Buffer.concat(chunks);
    const digests = sealed.digests();
    const sdkCiphertext = await sdkEncrypt(bytes, key);
    const mebibytes = await peak((sample) => {
      // Opened as it is sealed, so that nothing has to be kept.
      const streamed = ciphers[algorithm].encrypt(stream(sample), key, sealing.context);
      return drain(ciphers[algorithm].decrypt(streamed, key, sealing.context));
    });
    const found = await inTurn(
      { times: TIMES },
      {
        ours: () => rate(() => drain(open(pieces(ciphertext), sealing, digests))),
        peer: () => rate(() => sdkDecrypt(sdkCiphertext, key)),
        bare: () => rate(() => bareAes(bytes, key)),
      },
    );
    return summary(found, mebibytes);
  },
});

function summary(
  { ours, peer, bare }: Awaited<ReturnType<typeof inTurn<'ours' | 'peer' | 'bare'>>>,
  mebibytes: number,
) {
  const more = { of_bare_aes: ours!.median / bare!.median, mebibytes };
  return { ours: ours!.median, peer: peer!.median, spread: ours!.spread, more };
}

export const benches: readonly Bench[] = ALGORITHMS.flatMap((algorithm) => [
  sealBench(algorithm),
  openBench(algorithm),
]);
