import { describe, expect } from '@jest/globals';
import type { Test } from '../skips.ts';
import { type BlobsSubject, bytesOf } from './subject.ts';

/** URLs from which anyone may read one blob for some time. */
export function presigned(subject: () => BlobsSubject, test: Test): void {
  describe('presigned', () => {
    test('a GET gives the bytes under a name, also for keys that look like paths', async () => {
      for (const key of ['signed/é 🚂?&#.csv', '/', '%2e%2e']) {
        await subject().blobs.put(key, bytesOf(key), { contentType: 'text/csv' });
        const url = await subject().blobs.presignGet(key, { expiresInSeconds: 60, filename: 'ü "x".csv' });
        const response = await fetch(url);
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toBe('text/csv');
        expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''%C3%BC%20%22x%22.csv");
        expect(await response.text()).toBe(key);
      }
    });

    test('a GET gives the bytes of keys with the path segments "." and ".."', async () => {
      for (const key of ['..', '.', 'a/../b']) {
        await subject().blobs.put(key, bytesOf(key));
        const response = await fetch(await subject().blobs.presignGet(key, { expiresInSeconds: 60 }));
        expect(await response.text()).toBe(key);
      }
    });

    test('ranges are answered as HTTP has them', async () => {
      await subject().blobs.put('http', bytesOf('0123456789'));
      const url = await subject().blobs.presignGet('http', { expiresInSeconds: 60 });
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

    test('a range in an unknown unit is ignored', async () => {
      await subject().blobs.put('http', bytesOf('0123456789'));
      const url = await subject().blobs.presignGet('http', { expiresInSeconds: 60 });
      expect((await fetch(url, { headers: { range: 'lines=1-2' } })).status).toBe(200);
    });

    test('an altered or expired URL is refused', async () => {
      await subject().blobs.put('secret', bytesOf('x'));
      await subject().blobs.put('other', bytesOf('y'));
      const url = await subject().blobs.presignGet('secret', { expiresInSeconds: 60 });
      const altered = [
        url.replace('secret', 'other'),
        url.replace(/(expires=)(\d)/i, '$19$2'),
        url.replace(/.$/, ''),
        `${url}x`,
      ];
      for (const each of altered) expect((await fetch(each)).status).toBe(403);
      expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
      expect((await fetch(url)).status).toBe(200);
      subject().advance(61);
      expect((await fetch(url)).status).toBe(403);
    });

    test('a URL without its signature is refused', async () => {
      await subject().blobs.put('secret', bytesOf('x'));
      const url = await subject().blobs.presignGet('secret', { expiresInSeconds: 60 });
      expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(403);
    });

    test('a URL is valid for at most a week', async () => {
      await expect(subject().blobs.presignGet('a', { expiresInSeconds: 604_801 })).rejects.toThrow(
        'between 1 and 604800; got 604801',
      );
    });
  });
}
