/**
 * SHA-256 in a thread of its own, so that a large file is hashed while it is encrypted. The bytes go through a few pieces
 * of memory, which are passed on and back, again and again; to copy to shared memory takes several times as long:
 *
 *     here      fill a piece ── post ──┐           ┌─ the piece is free again
 *     thread                           └─ hash it ─┘
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { authentic, type Hash, hashHere } from './hash.ts';
import type { EncryptedFrame, HashAnswer, HashQuestion } from './hash-messages.ts';
import { HASH_PROGRAM } from './hash-worker.ts';

export const PIECE_BYTES = 1024 * 1024;
const PIECES = 4;

/** From so many bytes on, another thread is worth its memory. */
const LARGE_BYTES = 8 * PIECE_BYTES;

/** A bundle has no files beside it. */
const PROGRAM = new URL('./hash-worker.ts', import.meta.url);

class HashThread {
  readonly #worker: Worker;
  readonly #free = Array.from({ length: PIECES }, () => new ArrayBuffer(PIECE_BYTES));
  readonly #waiting: PromiseWithResolvers<ArrayBuffer>[] = [];
  /** Post pieces that are not full yet. */
  readonly #filling = new Set<() => void>();
  readonly #digests = new Map<number, PromiseWithResolvers<string | undefined>>();
  #hashes = 0;
  #failure: Error | undefined;

  constructor() {
    this.#worker = new Worker(HASH_PROGRAM, { eval: true });
    this.#worker.unref();
    this.#worker.on('message', (answer: HashAnswer) => {
      if ('digest' in answer) this.#digests.get(answer.hash)?.resolve(answer.digest);
      else this.#release(answer.piece);
    });
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that hashes has ended')));
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  start(): Hash {
    const hash = ++this.#hashes;
    let filling: { readonly piece: ArrayBuffer; readonly memory: Uint8Array; bytes: number } | undefined;
    const post = () => {
      if (filling) {
        const { piece, bytes } = filling;
        this.#worker.postMessage({ hash, piece, bytes } satisfies HashQuestion, [piece]);
      }
      filling = undefined;
      this.#filling.delete(post);
    };
    /** Behind the bytes so far. */
    const tell = (question: { readonly frame: EncryptedFrame } | { readonly tag: Uint8Array }) => {
      post();
      this.#worker.postMessage({ hash, ...question } satisfies HashQuestion);
    };
    const finish = (end: 'digest' | 'abandon') => {
      if (end === 'digest') post();
      else if (filling) this.#release(filling.piece);
      this.#filling.delete(post);
      this.#worker.postMessage({ hash, end } satisfies HashQuestion);
    };
    return {
      update: async (bytes) => {
        for (let at = 0; at < bytes.length; ) {
          filling ??= filled(await this.#take());
          const taken = bytes.subarray(at, at + PIECE_BYTES - filling.bytes);
          filling.memory.set(taken, filling.bytes);
          filling.bytes += taken.length;
          at += taken.length;
          if (filling.bytes === PIECE_BYTES) post();
          else this.#filling.add(post);
        }
      },
      begin: (frame) => tell({ frame }),
      end: (tag) => tell({ tag }),
      digest: async () => {
        if (this.#failure) throw this.#failure;
        const digest = Promise.withResolvers<string | undefined>();
        this.#digests.set(hash, digest);
        finish('digest');
        // A thread that keeps nothing alive must not end while something waits for it.
        this.#worker.ref();
        try {
          return authentic(await digest.promise);
        } finally {
          this.#digests.delete(hash);
          if (this.#digests.size === 0) this.#worker.unref();
        }
      },
      abandon: () => finish('abandon'),
    };
  }

  async #take(): Promise<ArrayBuffer> {
    if (this.#failure) throw this.#failure;
    const piece = this.#free.pop();
    if (piece !== undefined) return piece;
    // Those that wait to be filled may be of streams that wait for this one.
    for (const post of this.#filling) post();
    const waiting = Promise.withResolvers<ArrayBuffer>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  #release(piece: ArrayBuffer): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(piece);
    else this.#free.push(piece);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of [...this.#waiting.splice(0), ...this.#digests.values()]) reject(this.#failure);
  }
}

const filled = (piece: ArrayBuffer) => ({ piece, memory: new Uint8Array(piece), bytes: 0 });

let thread: HashThread | undefined;

/** A hash of a file of about so many bytes: beside this thread where that is worth it, and there is a core for it. */
export function hashBeside(bytes: number): Hash {
  if (bytes < LARGE_BYTES || !canBeside) return hashHere();
  if (thread === undefined || thread.failed) thread = new HashThread();
  return thread.start();
}

/** A bundle of the cloud has no files beside it; nor has its function a second core. */
const canBeside = availableParallelism() > 1 && existsSync(fileURLToPath(PROGRAM));
