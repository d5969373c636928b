/**
 * The program of the thread of `hash-thread.ts`. It is given to the thread as text, so it uses nothing but its arguments: a
 * thread that strips types from a file takes 18 MiB more.
 */
import type { HashAnswer, HashQuestion } from './hash-messages.ts';

type Crypto = Pick<typeof import('node:crypto'), 'createHash'>;
type Threads = Pick<typeof import('node:worker_threads'), 'parentPort'>;

function hashPieces({ createHash }: Crypto, { parentPort }: Threads): void {
  const hashes = new Map<number, ReturnType<Crypto['createHash']>>();
  parentPort!.on('message', (question: HashQuestion) => {
    const hash = hashes.get(question.hash) ?? createHash('sha256');
    hashes.set(question.hash, hash);
    if ('piece' in question) {
      const { piece, bytes } = question;
      hash.update(new Uint8Array(piece, 0, bytes));
      return parentPort!.postMessage({ piece } satisfies HashAnswer, [piece]);
    }
    hashes.delete(question.hash);
    if (question.end !== 'digest') return;
    parentPort!.postMessage({ hash: question.hash, digest: hash.digest('hex') } satisfies HashAnswer);
  });
}

export const HASH_PROGRAM = `(${hashPieces})(require('node:crypto'), require('node:worker_threads'))`;
