import { describe, expect } from '@jest/globals';
import { InvalidUploadError, NoSuchUploadError } from '#domain/ports/errors.ts';
import type { Test } from '../skips.ts';
import { type BlobsSubject, bytesOf, MEBIBYTE, pattern, read } from './subject.ts';

/** Blobs that are uploaded in parts, by presigned URLs. */
export function multipart(subject: () => BlobsSubject, test: Test): void {
  describe('multipart', () => {
    const urlOf = async (key: string, upload: string, part: number, bytes: number) =>
      (await subject().blobs.presignParts(key, upload, [{ part, bytes }], 60))[0]!;
    const put = async (key: string, upload: string, part: number, body: Uint8Array<ArrayBuffer>) => {
      const response = await fetch(await urlOf(key, upload, part, body.length), { method: 'PUT', body });
      expect(response.status).toBe(200);
      return { part, etag: response.headers.get('etag') ?? '' };
    };

    test('parts put in any order become one blob, at once', async () => {
      const upload = await subject().blobs.startUpload('big', { contentType: 'text/csv' });
      const [one, two] = [pattern(5 * MEBIBYTE, 1), pattern(1000, 2)];
      const second = await put('big', upload, 2, two);
      await put('big', upload, 1, bytesOf('replaced'));
      const first = await put('big', upload, 1, one);
      expect(await subject().blobs.head('big')).toBeUndefined();
      const info = await subject().blobs.completeUpload('big', upload, [first, second]);
      expect(info).toMatchObject({ size: 5 * MEBIBYTE + 1000, contentType: 'text/csv' });
      expect((await read(subject(), 'big')).equals(Buffer.concat([one, two]))).toBe(true);
      const seam = { start: 5 * MEBIBYTE - 2, end: 5 * MEBIBYTE + 1 };
      expect([...(await read(subject(), 'big', seam))]).toEqual([...one.slice(-2), ...two.slice(0, 2)]);
      // Repeated, the call may succeed again, for a client that lost the first response.
      const again = await subject()
        .blobs.completeUpload('big', upload, [first, second])
        .catch((error: unknown) => error);
      if (again instanceof Error) expect(again).toBeInstanceOf(InvalidUploadError);
      else expect(again).toEqual(info);
      await subject().blobs.delete('big');
      expect(await subject().blobs.head('big')).toBeUndefined();
    });

    test('parts are put without a URL as well, listed by number, and replaced', async () => {
      const { blobs } = subject();
      const upload = await blobs.startUpload('listed');
      expect(await blobs.listParts('listed', upload)).toEqual([]);
      const [one, two] = [pattern(5 * MEBIBYTE, 1), pattern(1000, 2)];
      await blobs.putPart('listed', upload, 2, bytesOf('replaced'));
      const etags = [await blobs.putPart('listed', upload, 1, one), await blobs.putPart('listed', upload, 2, two)];
      const parts = await blobs.listParts('listed', upload);
      expect(parts).toEqual([
        { part: 1, etag: etags[0], size: one.length },
        { part: 2, etag: etags[1], size: two.length },
      ]);
      expect(await blobs.completeUpload('listed', upload, parts)).toMatchObject({ size: one.length + two.length });
      expect((await read(subject(), 'listed')).equals(Buffer.concat([one, two]))).toBe(true);
      await expect(blobs.listParts('listed', upload)).rejects.toThrow(NoSuchUploadError);
      await expect(blobs.putPart('listed', upload, 1, one)).rejects.toThrow(NoSuchUploadError);
      await expect(blobs.putPart('listed', 'unknown', 0, one)).rejects.toThrow('part must be between 1 and 10000');
    });

    test('wrong parts are refused, and the upload can still be completed correctly', async () => {
      const upload = await subject().blobs.startUpload('parts');
      const first = await put('parts', upload, 1, bytesOf('small'));
      const second = await put('parts', upload, 2, bytesOf('last'));
      for (const parts of [
        [],
        [second, first],
        [first, first],
        [{ part: 3, etag: first.etag }],
        [{ part: 1, etag: second.etag }],
      ]) {
        await expect(subject().blobs.completeUpload('parts', upload, parts)).rejects.toThrow(InvalidUploadError);
      }
      await expect(subject().blobs.completeUpload('another', upload, [first])).rejects.toThrow(InvalidUploadError);
      await expect(urlOf('parts', upload, 0, 1)).rejects.toThrow('part must be between 1 and 10000; got 0');
      await expect(urlOf('parts', upload, 1, 0)).rejects.toThrow('bytes must be between 1 and 5368709120; got 0');
      await expect(urlOf('parts', upload, 1, 5 * 1024 ** 3 + 1)).rejects.toThrow('got 5368709121');
      await expect(urlOf('parts', 'unknown', 1, 1)).rejects.toThrow(InvalidUploadError);
      expect(await subject().blobs.completeUpload('parts', upload, [first])).toMatchObject({ size: 5 });
    });

    test('only the last part may be small', async () => {
      const upload = await subject().blobs.startUpload('small');
      const first = await put('small', upload, 1, bytesOf('small'));
      const second = await put('small', upload, 2, bytesOf('last'));
      await expect(subject().blobs.completeUpload('small', upload, [first, second])).rejects.toThrow(
        InvalidUploadError,
      );
      expect(await subject().blobs.completeUpload('small', upload, [second])).toMatchObject({ size: 4 });
    });

    test('a URL accepts only as many bytes as it was made for', async () => {
      const upload = await subject().blobs.startUpload('sized');
      const urls = await subject().blobs.presignParts(
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
      await expect(subject().blobs.completeUpload('sized', upload, [{ part: 2, etag: 'x' }])).rejects.toThrow(
        InvalidUploadError,
      );
      expect((await fetch(two, { method: 'PUT', body: 'two.' })).status).toBe(200);
      expect((await fetch(one, { method: 'PUT', body: 'one' })).status).toBe(200);
    });

    test('an aborted upload does not exist any more', async () => {
      const upload = await subject().blobs.startUpload('given up');
      const url = await urlOf('given up', upload, 1, 1);
      const first = await put('given up', upload, 1, bytesOf('x'));
      await subject().blobs.abortUpload('given up', upload);
      await expect(subject().blobs.completeUpload('given up', upload, [first])).rejects.toThrow(NoSuchUploadError);
      expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(404);
      expect(await subject().blobs.head('given up')).toBeUndefined();
    });
  });
}
