import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { Content } from '#domain/request-body.ts';
import { multipart } from '#functions/http/body/multipart.ts';
import { BOUNDARY, csvFile, formBytes, type Part } from '#test/functions/platform/forms.ts';

const form = multipart(z.strictObject({ name: z.string(), note: z.string().optional() }), {
  description: 'A file',
  contentType: 'text/csv',
});
const contentType = `multipart/form-data; boundary=${BOUNDARY}`;

/** Bytes in chunks of the given sizes, in a cycle. */
const inChunks = (bytes: Uint8Array, sizes: readonly number[]): Content => ({
  size: bytes.length,
  bytes: async () => bytes,
  async *read() {
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length]!;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  },
});

const parse = async (content: Content) => form.parse({ contentType, content });
const name: Part = { name: 'name', value: 'data' };
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

describe('a form', () => {
  test('is the same in any chunks and with its parts in any order', async () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      // Almost the end of a part.
      fc.constantFrom('\r\n', '\r\n--', `\r\n--${BOUNDARY.slice(0, -1)}`, `--${BOUNDARY.slice(1)}`, '-'.repeat(200)),
    );
    await fc.assert(
      fc.asyncProperty(value, fc.boolean(), sizes, async (bytes, fileFirst, chunkSizes) => {
        const parts = fileFirst ? [csvFile(bytes), name] : [name, csvFile(bytes)];
        const { file, fields } = await parse(inChunks(formBytes(parts), chunkSizes));
        const expected = Buffer.from(bytes);
        expect(fields).toEqual({ name: 'data' });
        expect([file.name, file.contentType, file.size]).toEqual(['data.csv', 'text/csv', expected.length]);
        for (let reading = 0; reading < 2; reading++) expect((await buffer(file.read())).equals(expected)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('that is cut short anywhere is refused, in any chunks', async () => {
    const whole = formBytes([name, csvFile('a,b\n1,2\n'), { name: 'note', value: 'x' }]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 5 }), sizes, async (length, chunkSizes) => {
        await expect(parse(inChunks(whole.subarray(0, length), chunkSizes))).rejects.toThrow('Invalid input data');
      }),
      { numRuns: 200 },
    );
  });

  test('reports a field after the file before the file is read', async () => {
    const parts = [csvFile('a,b\n1,2\n'), name, { name: 'note', value: Buffer.from([0xff]) }];
    await expect(parse(inChunks(formBytes(parts), [50]))).rejects.toMatchObject({
      details: [{ field: 'note', message: 'must be valid UTF-8' }],
    });
  });

  test('stops reading when its file is not read to the end', async () => {
    const bytes = formBytes([csvFile('x'.repeat(1_000_000)), name]);
    let open = 0;
    let read = 0;
    const counted: Content = {
      ...inChunks(bytes, [1000]),
      async *read() {
        open++;
        try {
          for await (const chunk of inChunks(bytes, [1000]).read()) {
            read += chunk.length;
            yield chunk;
          }
        } finally {
          open--;
        }
      },
    };
    const { file } = await parse(counted);
    read = 0;
    for await (const _ of file.read()) break;
    expect(read).toBeLessThan(500_000);
    while (open > 0) await new Promise(setImmediate);
  });

  test('fails with the error of its bytes', async () => {
    const bytes = formBytes([csvFile('x'.repeat(100_000)), name]);
    let broken = false;
    const content: Content = {
      ...inChunks(bytes, [1000]),
      async *read() {
        for await (const chunk of inChunks(bytes, [1000]).read()) {
          if (broken) throw new Error('the disk is gone');
          yield chunk;
        }
      },
    };
    const { file } = await parse(content);
    broken = true;
    await expect(buffer(file.read())).rejects.toThrow('the disk is gone');
    await expect(parse(content)).rejects.toThrow('the disk is gone');
  });
});
