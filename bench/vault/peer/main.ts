/**
 * The program of a process in which nothing happens but the primitives: beside a host's client they are slower. It lives
 * through all turns, and answers each question with the MiB a second that it reached.
 */
import { randomBytes } from 'node:crypto';
import { bareAes, MEBIBYTE, sdkDecrypt, sdkEncrypt } from '../primitives.ts';

export type PeerQuestion = 'save' | 'load' | 'bare';
export interface PeerAnswer {
  readonly rate: number;
}

/** MiB that the primitives take at once, which they hold in memory several times. */
const SIZE = 64;

const key = new Uint8Array(randomBytes(32));
const bytes = randomBytes(SIZE * MEBIBYTE);
let sealed: Promise<Uint8Array> | undefined;

process.on('message', async (question: PeerQuestion) => {
  sealed ??= sdkEncrypt(bytes, key);
  const ciphertext = await sealed;
  const began = performance.now();
  if (question === 'save') await sdkEncrypt(bytes, key);
  else if (question === 'load') await sdkDecrypt(ciphertext, key);
  else bareAes(bytes, key);
  process.send!({ rate: (SIZE * 1000) / (performance.now() - began) } satisfies PeerAnswer);
});
process.once('disconnect', () => process.exit());
