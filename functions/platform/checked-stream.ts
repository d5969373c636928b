import { createHash } from 'node:crypto';
import { pipeline, type Readable, Transform } from 'node:stream';
import { InternalError } from '#domain/errors.ts';

/**
 * The same bytes, of which the last are held back until all of them turn out to be those that were written. Otherwise
 * the stream is broken off, so that the receiver sees that it has no whole file.
 */
export function checked(body: Readable, sha256: string): Readable {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      const before = held;
      held = chunk;
      done(null, before);
    },
    flush(done) {
      const found = hash.digest('hex');
      if (found === sha256) done(null, held);
      else done(new InternalError(`a file is not the one that was written: its SHA-256 is ${found}, not ${sha256}`));
    },
  });
  return pipeline(body, check, () => {
    // Whoever reads the stream gets its error.
  });
}
