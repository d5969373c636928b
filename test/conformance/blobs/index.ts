import { afterAll, beforeAll, describe } from '@jest/globals';
import { type Skips, testUnless } from '../skips.ts';
import { contents } from './contents.ts';
import { keys } from './keys.ts';
import { multipart } from './multipart.ts';
import { presigned } from './presigned.ts';
import type { BlobsSubject } from './subject.ts';

/** What every implementation of the Blobs port must do. */
export function blobsConformance(name: string, open: () => Promise<BlobsSubject>, skips: Skips = {}): void {
  describe(`Blobs on ${name}`, () => {
    let subject: BlobsSubject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject?.close());
    for (const group of [contents, keys, presigned, multipart]) group(() => subject, testUnless(skips));
  });
}
