/** The thread of `hash-thread.ts`. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashAnswer, HashQuestion } from './hash-thread.ts';

const PIECE_BYTES = 1024 * 1024;

const memory = new Uint8Array(workerData as SharedArrayBuffer);
const hashes = new Map<number, Hash>();
const tell = (answer: HashAnswer): void => parentPort!.postMessage(answer);

parentPort!.on('message', (question: HashQuestion) => {
  const hash = hashes.get(question.hash) ?? createHash('sha256');
  hashes.set(question.hash, hash);
  if ('piece' in question) {
    const from = question.piece * PIECE_BYTES;
    hash.update(memory.subarray(from, from + question.bytes));
    return tell({ piece: question.piece });
  }
  hashes.delete(question.hash);
  if (question.end === 'digest') tell({ hash: question.hash, digest: hash.digest('hex') });
});
