import { afterAll, beforeAll, describe, test as everywhere, expect } from '@jest/globals';
import {
  BlobNotFoundError,
  InvalidBlobKeyError,
  InvalidCursorError,
  InvalidRangeError,
  InvalidUploadError,
} from '#domain/port-errors.ts';
import type { BlobEntry, Blobs } from '#domain/ports.ts';
import { type Skips, testUnless } from './skips.ts';

export interface BlobsSubject {
  /** An empty bucket whose presigned URLs are served. */
  readonly blobs: Blobs;
  /** The same bucket through another connection. */
  readonly other: Blobs;
  /** Moves the clock forward. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

const MEBIBYTE = 1024 ** 2;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const pattern = (size: number, seed = 1) => Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed) % 251);

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytesOf(text);
}

/** What every implementation of the Blobs port must do. */
export function blobsConformance(name: string, open: () => Promise<BlobsSubject>, skips: Skips = {}): void {
  const test = testUnless(skips);
  describe(`Blobs on ${name}`, () => {
    let subject: BlobsSubject;
    let blobs: Blobs;
    beforeAll(async () => {
      subject = await open();
      blobs = subject.blobs;
    });
    afterAll(() => subject?.close());
    const read = async (key: string, range?: { start: number; end?: number }) =>
      Buffer.concat(await (await blobs.get(key, range)).body.toArray());

    test('a blob reads back with its bytes, size, type and etag', async () => {
      const info = await blobs.put('a', bytesOf('hello'), { contentType: 'text/plain' });
      expect(info).toMatchObject({ key: 'a', size: 5, contentType: 'text/plain' });
      expect(await blobs.head('a')).toEqual(info);
      const { info: read, body } = await subject.other.get('a');
      expect(read).toEqual(info);
      expect(Buffer.concat(await body.toArray()).toString()).toBe('hello');
    });

    test('what is absent has no head, cannot be read, and can be deleted', async () => {
      expect(await blobs.head('absent')).toBeUndefined();
      await expect(blobs.get('absent')).rejects.toThrow(BlobNotFoundError);
      await blobs.delete('absent');
    });

    test('a stream is stored as it comes, and an empty one too', async () => {
      await blobs.put('stream', chunks('one ', '', 'two'));
      expect((await read('stream')).toString()).toBe('one two');
      expect(await blobs.put('empty', chunks())).toMatchObject({ size: 0, contentType: 'application/octet-stream' });
      expect(await read('empty')).toHaveLength(0);
    });

    test('a stream that fails leaves what was there before', async () => {
      await blobs.put('kept', bytesOf('before'));
      const failing = (async function* () {
        yield bytesOf('half');
        throw new Error('cut off');
      })();
      await expect(blobs.put('kept', failing)).rejects.toThrow('cut off');
      expect((await read('kept')).toString()).toBe('before');
    });

    test('a reader keeps what it opened, though it is replaced or deleted meanwhile', async () => {
      const bytes = pattern(3 * MEBIBYTE);
      const first = await blobs.put('replaced', bytes);
      const { body } = await blobs.get('replaced');
      const second = await blobs.put('replaced', bytesOf('new'));
      expect(second.etag).not.toBe(first.etag);
      await blobs.delete('replaced');
      expect(Buffer.concat(await body.toArray()).equals(bytes)).toBe(true);
      expect(await blobs.head('replaced')).toBeUndefined();
    });

    test('readers of a key that is replaced over and over see one of its values', async () => {
      const value = (n: number) => bytesOf(String(n).repeat(1000));
      await blobs.put('busy', value(0));
      const writing = (async () => {
        for (let n = 1; n <= 9; n += 1) await subject.other.put('busy', value(n));
      })();
      for (let n = 0; n < 20; n += 1) expect((await read('busy')).toString()).toMatch(/^(\d)\1{999}$/);
      await writing;
    });

    test('ranges are inclusive, and may be open or pass the end', async () => {
      await blobs.put('range', bytesOf('0123456789'));
      expect((await read('range', { start: 2, end: 4 })).toString()).toBe('234');
      expect((await read('range', { start: 7 })).toString()).toBe('789');
      expect((await read('range', { start: 8, end: 100 })).toString()).toBe('89');
      for (const range of [{ start: 10 }, { start: -1 }, { start: 5, end: 4 }, { start: 0.5 }]) {
        await expect(blobs.get('range', range)).rejects.toThrow(InvalidRangeError);
      }
    });

    test('any text is a key of its own, and a listing is in the order of the bytes', async () => {
      const parts = [
        '..',
        '.',
        '../../x',
        '/',
        '//',
        '\u0000',
        'é',
        'e\u0301',
        '🚂',
        '\uffff',
        '%2e',
        "';--",
        'x'.repeat(1020),
        ' ',
      ];
      const keys = parts.map((part) => `k/${part}`);
      for (const key of keys) await blobs.put(key, bytesOf(key));
      for (const key of keys) expect((await read(key)).toString()).toBe(key);
      const listed: BlobEntry[] = [];
      let cursor: string | undefined;
      do {
        const page = await blobs.list('k/', { limit: 4, ...(cursor && { cursor }) });
        expect(page.blobs.length).toBeLessThanOrEqual(4);
        listed.push(...page.blobs);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(listed.map((info) => info.key)).toEqual(
        [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      expect((await blobs.list('k/.')).blobs.map((info) => info.key)).toEqual(['k/.', 'k/..', 'k/../../x']);
    });

    everywhere.each([
      ['an empty key', ''],
      ['a key over 1024 bytes', 'é'.repeat(513)],
      ['half of a surrogate pair', '\ud800'],
    ])('%s is refused', async (_what, key) => {
      await expect(blobs.put(key, bytesOf(''))).rejects.toThrow(InvalidBlobKeyError);
      await expect(blobs.get(key)).rejects.toThrow(InvalidBlobKeyError);
    });

    test('a cursor that is none is refused', async () => {
      await expect(blobs.list('', { cursor: '!' })).rejects.toThrow(InvalidCursorError);
    });

    describe('presigned', () => {
      test('a GET gives the bytes under a name, also for keys that look like paths', async () => {
        for (const key of ['signed/é 🚂?&#.csv', '/', '%2e%2e']) {
          await blobs.put(key, bytesOf(key), { contentType: 'text/csv' });
          const url = await blobs.presignGet(key, { expiresInSeconds: 60, filename: 'ü "x".csv' });
          const response = await fetch(url);
          expect(response.status).toBe(200);
          expect(response.headers.get('content-type')).toBe('text/csv');
          expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''%C3%BC%20%22x%22.csv");
          expect(await response.text()).toBe(key);
        }
      });

      test('a GET gives the bytes of keys that are steps in a path', async () => {
        for (const key of ['..', '.', 'a/../b']) {
          await blobs.put(key, bytesOf(key));
          const response = await fetch(await blobs.presignGet(key, { expiresInSeconds: 60 }));
          expect(await response.text()).toBe(key);
        }
      });

      test('ranges are answered as HTTP has them', async () => {
        await blobs.put('http', bytesOf('0123456789'));
        const url = await blobs.presignGet('http', { expiresInSeconds: 60 });
        const part = async (range: string) => {
          const response = await fetch(url, { headers: { range } });
          return [
            response.status,
            response.headers.get('content-range'),
            response.status < 300 ? await response.text() : '',
          ];
        };
        expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
        expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
        expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
        expect(await part('bytes=8-100')).toEqual([206, 'bytes 8-9/10', '89']);
        expect((await part('bytes=10-'))[0]).toBe(416);
      });

      test('a range in a unit that nobody knows is no range', async () => {
        await blobs.put('http', bytesOf('0123456789'));
        const url = await blobs.presignGet('http', { expiresInSeconds: 60 });
        expect((await fetch(url, { headers: { range: 'lines=1-2' } })).status).toBe(200);
      });

      test('an altered or expired URL is refused', async () => {
        await blobs.put('secret', bytesOf('x'));
        await blobs.put('other', bytesOf('y'));
        const url = await blobs.presignGet('secret', { expiresInSeconds: 60 });
        const altered = [
          url.replace('secret', 'other'),
          url.replace(/(expires=)(\d)/i, '$19$2'),
          url.replace(/.$/, ''),
          `${url}x`,
        ];
        for (const each of altered) expect((await fetch(each)).status).toBe(403);
        expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
        expect((await fetch(url)).status).toBe(200);
        subject.advance(61);
        expect((await fetch(url)).status).toBe(403);
      });

      test('a URL without its signature is refused', async () => {
        await blobs.put('secret', bytesOf('x'));
        const url = await blobs.presignGet('secret', { expiresInSeconds: 60 });
        expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(403);
      });

      test('a URL lives at most a week', async () => {
        await expect(blobs.presignGet('a', { expiresInSeconds: 604_801 })).rejects.toThrow(
          'between 1 and 604800; got 604801',
        );
      });
    });

    describe('multipart', () => {
      const urlOf = async (key: string, upload: string, part: number, bytes: number) =>
        (await blobs.presignParts(key, upload, [{ part, bytes }], 60))[0]!;
      const put = async (key: string, upload: string, part: number, body: Uint8Array<ArrayBuffer>) => {
        const response = await fetch(await urlOf(key, upload, part, body.length), { method: 'PUT', body });
        expect(response.status).toBe(200);
        return { part, etag: response.headers.get('etag') ?? '' };
      };

      test('parts put in any order become one blob, at once', async () => {
        const upload = await blobs.startUpload('big', { contentType: 'text/csv' });
        const [one, two] = [pattern(5 * MEBIBYTE, 1), pattern(1000, 2)];
        const second = await put('big', upload, 2, two);
        await put('big', upload, 1, bytesOf('replaced'));
        const first = await put('big', upload, 1, one);
        expect(await blobs.head('big')).toBeUndefined();
        const info = await blobs.completeUpload('big', upload, [first, second]);
        expect(info).toMatchObject({ size: 5 * MEBIBYTE + 1000, contentType: 'text/csv' });
        expect((await read('big')).equals(Buffer.concat([one, two]))).toBe(true);
        const seam = { start: 5 * MEBIBYTE - 2, end: 5 * MEBIBYTE + 1 };
        expect([...(await read('big', seam))]).toEqual([...one.slice(-2), ...two.slice(0, 2)]);
        // Asked once more, the answer may be the same, for a client whose first answer was lost.
        const again = await blobs.completeUpload('big', upload, [first, second]).catch((error: unknown) => error);
        if (again instanceof Error) expect(again).toBeInstanceOf(InvalidUploadError);
        else expect(again).toEqual(info);
        await blobs.delete('big');
        expect(await blobs.head('big')).toBeUndefined();
      });

      test('what does not fit together is refused, and can still be completed rightly', async () => {
        const upload = await blobs.startUpload('parts');
        const first = await put('parts', upload, 1, bytesOf('small'));
        const second = await put('parts', upload, 2, bytesOf('last'));
        for (const parts of [
          [],
          [second, first],
          [first, first],
          [{ part: 3, etag: first.etag }],
          [{ part: 1, etag: second.etag }],
        ]) {
          await expect(blobs.completeUpload('parts', upload, parts)).rejects.toThrow(InvalidUploadError);
        }
        await expect(blobs.completeUpload('another', upload, [first])).rejects.toThrow(InvalidUploadError);
        await expect(urlOf('parts', upload, 0, 1)).rejects.toThrow('part must be between 1 and 10000; got 0');
        await expect(urlOf('parts', upload, 1, 0)).rejects.toThrow('bytes must be between 1 and 5368709120; got 0');
        await expect(urlOf('parts', upload, 1, 5 * 1024 ** 3 + 1)).rejects.toThrow('got 5368709121');
        await expect(urlOf('parts', 'unknown', 1, 1)).rejects.toThrow(InvalidUploadError);
        expect(await blobs.completeUpload('parts', upload, [first])).toMatchObject({ size: 5 });
      });

      test('only the last part may be small', async () => {
        const upload = await blobs.startUpload('small');
        const first = await put('small', upload, 1, bytesOf('small'));
        const second = await put('small', upload, 2, bytesOf('last'));
        await expect(blobs.completeUpload('small', upload, [first, second])).rejects.toThrow(InvalidUploadError);
        expect(await blobs.completeUpload('small', upload, [second])).toMatchObject({ size: 4 });
      });

      test('a URL takes as many bytes as it was made for', async () => {
        const upload = await blobs.startUpload('sized');
        const urls = await blobs.presignParts(
          'sized',
          upload,
          [
            { part: 2, bytes: 4 },
            { part: 1, bytes: 3 },
          ],
          60,
        );
        const [two, one] = [urls[0]!, urls[1]!];
        for (const body of ['tw', 'two..']) expect((await fetch(two, { method: 'PUT', body })).status).toBe(403);
        await expect(blobs.completeUpload('sized', upload, [{ part: 2, etag: 'x' }])).rejects.toThrow(
          InvalidUploadError,
        );
        expect((await fetch(two, { method: 'PUT', body: 'two.' })).status).toBe(200);
        expect((await fetch(one, { method: 'PUT', body: 'one' })).status).toBe(200);
      });

      test('an upload that was given up is no more', async () => {
        const upload = await blobs.startUpload('given up');
        const url = await urlOf('given up', upload, 1, 1);
        const first = await put('given up', upload, 1, bytesOf('x'));
        await blobs.abortUpload('given up', upload);
        await expect(blobs.completeUpload('given up', upload, [first])).rejects.toThrow(InvalidUploadError);
        expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(404);
        expect(await blobs.head('given up')).toBeUndefined();
      });
    });
  });
}
