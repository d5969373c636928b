import { test as everywhere, expect } from '@jest/globals';
import type { BlobEntry } from '#domain/ports/blobs/port.ts';
import { InvalidBlobKeyError, InvalidCursorError } from '#domain/ports/errors.ts';
import type { Test } from '../skips.ts';
import { type BlobsSubject, bytesOf, read } from './subject.ts';

/** Valid keys, and listings. */
export function keys(subject: () => BlobsSubject, test: Test): void {
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
    for (const key of keys) await subject().blobs.put(key, bytesOf(key));
    for (const key of keys) expect((await read(subject(), key)).toString()).toBe(key);
    const listed: BlobEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await subject().blobs.list('k/', { limit: 4, ...(cursor && { cursor }) });
      expect(page.blobs.length).toBeLessThanOrEqual(4);
      listed.push(...page.blobs);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(listed.map((info) => info.key)).toEqual(
      [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    expect((await subject().blobs.list('k/.')).blobs.map((info) => info.key)).toEqual(['k/.', 'k/..', 'k/../../x']);
  });

  everywhere.each([
    ['an empty key', ''],
    ['a key over 1024 bytes', 'é'.repeat(513)],
    ['half of a surrogate pair', '\ud800'],
  ])('%s is refused', async (_what, key) => {
    await expect(subject().blobs.put(key, bytesOf(''))).rejects.toThrow(InvalidBlobKeyError);
    await expect(subject().blobs.get(key)).rejects.toThrow(InvalidBlobKeyError);
  });

  test('an invalid cursor is refused', async () => {
    await expect(subject().blobs.list('', { cursor: '!' })).rejects.toThrow(InvalidCursorError);
  });
}
