/**
 * The program of the thread of `hash-thread.ts`. It is given to the thread as text, so it uses nothing but its arguments: a
 * thread that strips types from a file takes 18 MiB more.
 */
import type { HashAnswer, HashMemory, HashQuestion } from './hash-messages.ts';

type Crypto = Pick<typeof import('node:crypto'), 'createHash'>;
type Threads = Pick<typeof import('node:worker_threads'), 'parentPort' | 'workerData'>;

function hashPieces({ createHash }: Crypto, { parentPort, workerData }: Threads): void {
  const { memory: shared, pieceBytes } = workerData as HashMemory;
  const memory = new Uint8Array(shared);
  const hashes = new Map<number, ReturnType<Crypto['createHash']>>();
  const tell = (answer: HashAnswer): void => parentPort!.postMessage(answer);
  parentPort!.on('message', (question: HashQuestion) => {
    const hash = hashes.get(question.hash) ?? createHash('sha256');
    hashes.set(question.hash, hash);
    if ('piece' in question) {
      const from = question.piece * pieceBytes;
      hash.update(memory.subarray(from, from + question.bytes));
      return tell({ piece: question.piece });
    }
    hashes.delete(question.hash);
    if (question.end === 'digest') tell({ hash: question.hash, digest: hash.digest('hex') });
  });
}

export const HASH_PROGRAM = `(${hashPieces})(require('node:crypto'), require('node:worker_threads'))`;
