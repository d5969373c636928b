/**
 * The program of the thread of `hash-thread.ts`. It is given to the thread as text, so it uses nothing but its arguments: a
 * thread that strips types from a file takes 18 MiB more.
 */
import type { HashAnswer, HashQuestion } from './hash-messages.ts';
import { type Crypto, type Hasher, makeHasher } from './hasher.ts';

type Threads = Pick<typeof import('node:worker_threads'), 'parentPort'>;

function hashPieces(make: () => Hasher, { parentPort }: Threads): void {
  const hashes = new Map<number, Hasher>();
  const answer = (message: HashAnswer, given: ArrayBuffer[] = []) => parentPort!.postMessage(message, given);
  parentPort!.on('message', (question: HashQuestion) => {
    const hash = hashes.get(question.hash) ?? make();
    hashes.set(question.hash, hash);
    if ('frame' in question) return hash.begin(question.frame);
    if ('tag' in question) return hash.end(question.tag);
    if ('piece' in question) {
      const { piece, bytes } = question;
      hash.update(new Uint8Array(piece, 0, bytes));
      return answer({ piece }, [piece]);
    }
    hashes.delete(question.hash);
    if (question.end === 'digest') answer({ hash: question.hash, digest: hash.digest() });
  });
}

const make: (crypto: Crypto) => Hasher = makeHasher;

export const HASH_PROGRAM = `(${hashPieces})(() => (${make})(require('node:crypto')), require('node:worker_threads'))`;
