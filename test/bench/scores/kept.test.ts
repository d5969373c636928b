import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Kept } from '../../../bench/scores/kept.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = async (): Promise<number> => {
  throw new Error('it was found before');
};

test('a run that was broken off in the middle of a line goes on with what it had', async () => {
  const file = join(folder, 'new', 'scores.jsonl');
  const first = new Kept(file, { epochs: 5 });
  expect(await first.get('1 ours', async () => 0.5)).toBe(0.5);
  expect(await first.get('1 peer', async () => 0.75)).toBe(0.75);
  appendFileSync(file, '{"settings":"{\\"epo');
  const again = new Kept(file, { epochs: 5 });
  expect(again.size).toBe(2);
  expect(await again.get('1 ours', never)).toBe(0.5);
  expect(await again.get('2 ours', async () => 0.25)).toBe(0.25);
  expect(await new Kept(file, { epochs: 5 }).get('2 ours', never)).toBe(0.25);
});

test('other settings begin anew, and so does a run after all was found', async () => {
  const file = join(folder, 'scores.jsonl');
  await new Kept(file, { epochs: 5 }).get('1 ours', async () => 0.5);
  const other = new Kept(file, { epochs: 6 });
  expect(other.size).toBe(0);
  expect(await other.get('1 ours', async () => 1)).toBe(1);
  other.done();
  expect(existsSync(file)).toBe(false);
});
