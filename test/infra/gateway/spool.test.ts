import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Spool } from '#infra/embedded/gateway/spool.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-spool-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a spool', () => {
  test('returns its bytes any number of times, at once and in chunks, from memory and from a file', async () => {
    const chunk = fc.uint8Array({ minLength: 0, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), async (chunks) => {
        const spool = new Spool(folder, 64);
        for (const each of chunks) await spool.write(Buffer.from(each));
        const content = spool.content();
        const expected = Buffer.concat(chunks);
        expect(content.size).toBe(expected.length);
        const readings = [buffer(content.read()), content.bytes(), buffer(content.read())];
        for (const bytes of await Promise.all(readings)) expect(expected.equals(bytes)).toBe(true);
        await spool.close();
      }),
      { numRuns: 50 },
    );
  });

  test('reads a file in small chunks', async () => {
    const spool = new Spool(folder, 1000);
    for (let n = 0; n < 30; n++) await spool.write(Buffer.alloc(100_000, n));
    const sizes: number[] = [];
    for await (const chunk of spool.content().read()) sizes.push(chunk.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(sizes.reduce((a, b) => a + b)).toBe(3_000_000);
    await spool.close();
  });

  test('leaves no name in its folder, and cannot be read after it was closed', async () => {
    const spool = new Spool(folder, 10);
    await spool.write(Buffer.alloc(100));
    expect(readdirSync(folder)).toEqual([]);
    const content = spool.content();
    await spool.close();
    await expect(content.bytes()).rejects.toThrow();
  });
});
