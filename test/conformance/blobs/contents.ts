import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import { BlobNotFoundError, InvalidBlobKeyError, InvalidRangeError } from '#domain/ports/errors.ts';
import type { Test } from '../skips.ts';
import { type BlobsSubject, bytesOf, chunks, MEBIBYTE, pattern, read } from './subject.ts';

/** What was put is read back, as a whole or in ranges. */
export function contents(subject: () => BlobsSubject, test: Test): void {
  test('a blob reads back with its bytes, size, type and etag', async () => {
    const info = await subject().blobs.put('a', bytesOf('hello'), { contentType: 'text/plain' });
    expect(info).toMatchObject({ key: 'a', size: 5, contentType: 'text/plain' });
    expect(await subject().blobs.head('a')).toEqual(info);
    const { info: read, body } = await subject().other.get('a');
    expect(read).toEqual(info);
    expect(Buffer.concat(await body.toArray()).toString()).toBe('hello');
  });

  test('an absent blob has no head, cannot be read, and can be deleted', async () => {
    expect(await subject().blobs.head('absent')).toBeUndefined();
    await expect(subject().blobs.get('absent')).rejects.toThrow(BlobNotFoundError);
    await subject().blobs.delete('absent');
  });

  test('a stream is stored unchanged, also an empty one', async () => {
    await subject().blobs.put('stream', chunks('one ', '', 'two'));
    expect((await read(subject(), 'stream')).toString()).toBe('one two');
    expect(await subject().blobs.put('empty', chunks())).toMatchObject({
      size: 0,
      contentType: 'application/octet-stream',
    });
    expect(await read(subject(), 'empty')).toHaveLength(0);
  });

  test('what may be lost with the power is there once it was put, and can be replaced', async () => {
    const options = { mayBeLost: true, isAuthenticated: true, isReleased: true };
    await subject().blobs.put('made', chunks('first ', 'of ', 'all'), options);
    expect((await read(subject(), 'made')).toString()).toBe('first of all');
    await subject().blobs.put('made', chunks('again'), options);
    expect((await read(subject(), 'made')).toString()).toBe('again');
  });

  test('a stream that fails leaves the previous blob', async () => {
    await subject().blobs.put('kept', bytesOf('before'));
    const failing = (async function* () {
      yield bytesOf('half');
      throw new Error('cut off');
    })();
    await expect(subject().blobs.put('kept', failing)).rejects.toThrow('cut off');
    expect((await read(subject(), 'kept')).toString()).toBe('before');
  });

  test('a stream that is refused before it is read is ended, with what it reads from', async () => {
    let open = true;
    const source = new Readable({
      read() {
        this.push(bytesOf('bytes'));
      },
      destroy(_, done) {
        open = false;
        done(null);
      },
    });
    const transformed = (async function* () {
      for await (const chunk of source) yield chunk as Buffer;
    })();
    await expect(subject().blobs.put('', transformed)).rejects.toThrow(InvalidBlobKeyError);
    expect(open).toBe(false);
  });

  test('a reader gets the whole blob that it opened, even if it is replaced or deleted meanwhile', async () => {
    const bytes = pattern(3 * MEBIBYTE);
    const first = await subject().blobs.put('replaced', bytes);
    const { body } = await subject().blobs.get('replaced');
    const second = await subject().blobs.put('replaced', bytesOf('new'));
    expect(second.etag).not.toBe(first.etag);
    await subject().blobs.delete('replaced');
    expect(Buffer.concat(await body.toArray()).equals(bytes)).toBe(true);
    expect(await subject().blobs.head('replaced')).toBeUndefined();
  });

  test('readers of a key that is replaced again and again see one of its values as a whole', async () => {
    const value = (n: number) => bytesOf(String(n).repeat(1000));
    await subject().blobs.put('busy', value(0));
    const writing = (async () => {
      for (let n = 1; n <= 9; n += 1) await subject().other.put('busy', value(n));
    })();
    for (let n = 0; n < 20; n += 1) expect((await read(subject(), 'busy')).toString()).toMatch(/^(\d)\1{999}$/);
    await writing;
  });

  test('ranges are inclusive, and may be open or pass the end', async () => {
    await subject().blobs.put('range', bytesOf('0123456789'));
    expect((await read(subject(), 'range', { start: 2, end: 4 })).toString()).toBe('234');
    expect((await read(subject(), 'range', { start: 7 })).toString()).toBe('789');
    expect((await read(subject(), 'range', { start: 8, end: 100 })).toString()).toBe('89');
    for (const range of [{ start: 10 }, { start: -1 }, { start: 5, end: 4 }, { start: 0.5 }]) {
      await expect(subject().blobs.get('range', range)).rejects.toThrow(InvalidRangeError);
    }
  });
}
