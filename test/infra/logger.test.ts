import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeLogger } from '#infra/embedded/logger.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-log-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a logger writes, without its times. */
async function linesOf(name: string, write: (logger: ReturnType<typeof makeLogger>) => void): Promise<string[]> {
  const file = join(folder, name);
  write(makeLogger('a-function', { file }));
  let lines: string[] = [];
  while (lines.at(-1) !== '') {
    await new Promise(setImmediate);
    lines = readOrNothing(file).split('\n');
  }
  return lines.slice(0, -1).map((line) => line.replace(/"timestamp":"[^"]{24}"/, 'TIME'));
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8') || '-';
  } catch {
    return '-';
  }
}

test('the line of a request is the same as one that takes the long way, but for what it says', async () => {
  const facts = { method: 'GET', route: '/models', status: 200, duration_ms: 0.5, 'a "name"': 'ü\n', ok: true };
  const [short] = await linesOf('short', (logger) => logger.info('request', facts));
  const [long] = await linesOf('long', (logger) => logger.info('request', { ...facts, list: [] }));
  expect(short).toContain('TIME');
  expect(long).toBe(short!.replace(/}$/, ',"list":[]}'));
});

test('errors and long texts take the long way', async () => {
  const [failed, long] = await linesOf('others', (logger) => {
    logger.info('failed', new Error('no'));
    logger.info('long', { text: 'x'.repeat(20_000) });
    logger.info('plain');
  });
  expect(JSON.parse(failed!.replace('TIME', '"timestamp":""'))).toMatchObject({ error: { message: 'no' } });
  expect(long).toContain('characters left out');
});
