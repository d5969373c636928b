import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WalIndex } from '#embedded/wal-index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-wal-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it has changed after each commit of any connection, and only then', () => {
  const path = join(folder, 'a.db');
  const [one, other] = [new DatabaseSync(path), new DatabaseSync(path)];
  one.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n)');
  const index = new WalIndex(path);
  expect([index.hasChanged(), index.hasChanged(), index.hasChanged()]).toEqual([true, false, false]);
  for (const connection of [one, other, one]) {
    connection.exec('INSERT INTO t VALUES (1)');
    expect([index.hasChanged(), index.hasChanged()]).toEqual([true, false]);
  }
  other.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (2)');
  one.prepare('SELECT count(*) FROM t').get();
  expect(index.hasChanged()).toBe(false);
  other.exec('COMMIT');
  expect([index.hasChanged(), index.hasChanged()]).toEqual([true, false]);
  // The log begins anew.
  other.exec('PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES (3)');
  expect([index.hasChanged(), index.hasChanged()]).toEqual([true, false]);
  index.close();
  for (const connection of [one, other]) connection.close();
});

test('without the file there may always have been a commit', () => {
  const index = new WalIndex(join(folder, 'none.db'));
  expect([index.hasChanged(), index.hasChanged()]).toEqual([true, true]);
  index.close();
});
