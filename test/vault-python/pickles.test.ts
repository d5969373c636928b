import { expect, test } from '@jest/globals';
import { fromBytes } from '#domain/random-access.ts';
import { scanPickles } from '#vault/pickles/scan.ts';
import { fromBase64, other } from './other.ts';

test("the imports are those that Python's unpickler looks up", async () => {
  const [pickles, zips] = other(['pickles', {}], ['zipped', {}]) as [{ pickle: string; imports: string[] }[], string[]];
  expect(pickles).toHaveLength(36);
  for (const { pickle, imports } of pickles) {
    const found = await scanPickles(fromBytes(fromBase64(pickle)));
    expect(found).toMatchObject({ pickle: true, imports, complete: true });
  }
  for (const zip of zips) {
    const found = await scanPickles(fromBytes(fromBase64(zip)));
    expect(found).toMatchObject({ pickle: true, imports: ['collections.OrderedDict'], complete: true });
  }
});
