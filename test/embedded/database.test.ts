import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '#domain/errors.ts';
import { Database } from '#embedded/database.ts';
import { temporaryFolder } from './folder.ts';

describe('group commit', () => {
  let database: Database;
  let reader: Database;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const folder = await temporaryFolder();
    remove = folder.remove;
    database = new Database(join(folder.dir, 'x.db'));
    database.execute('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY)');
    reader = new Database(join(folder.dir, 'x.db'));
  });
  afterEach(async () => {
    database.close();
    reader.close();
    await remove();
  });
  const insert = (n: number) => database.write(() => database.run('INSERT INTO t VALUES (?)', n));
  const rows = (from: Database) => from.all('SELECT n FROM t ORDER BY n').map((row) => row.n);

  test('writes of one turn share a transaction', async () => {
    const version = () => Number(reader.get('PRAGMA data_version')?.data_version);
    let commits = 0;
    let seen = version();
    const stop = database.watch.add(() => {
      if (version() !== seen) commits += 1;
      seen = version();
    });
    await Promise.all([insert(1), insert(2), insert(3)]);
    expect(commits).toBe(1);
    await insert(4);
    expect(commits).toBe(2);
    stop();
  });

  test('a transaction waits for the disk unless all of its writes are relaxed', async () => {
    const waited: unknown[] = [];
    const write = (relaxed: boolean) =>
      database.write(() => void waited.push(database.get('PRAGMA synchronous')?.synchronous), { relaxed });
    await write(true);
    await Promise.all([write(true), write(true)]);
    await Promise.all([write(true), write(false)]);
    await write(false);
    const [NORMAL, FULL] = [1, 2];
    expect(waited).toEqual([NORMAL, NORMAL, NORMAL, FULL, FULL, FULL]);
  });

  test('a write that fails is undone alone', async () => {
    const outcomes = await Promise.allSettled([
      insert(1),
      database.write(() => {
        database.run('INSERT INTO t VALUES (2)');
        throw new Error('changed its mind');
      }),
      insert(1),
      insert(3),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { message: 'changed its mind' } });
    expect(outcomes[2]).toMatchObject({ reason: expect.any(UnavailableError) });
    expect(rows(reader)).toEqual([1, 3]);
  });

  test('no promise resolves before the commit', async () => {
    const seen: unknown[] = [];
    await Promise.all(
      [1, 2, 3].map(async (n) => {
        await insert(n);
        seen.push(rows(reader));
      }),
    );
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test('when the transaction cannot be committed, all of its writes are rejected', async () => {
    database.execute('CREATE TABLE u (n INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)');
    const outcomes = await Promise.allSettled([
      insert(1),
      database.write(() => database.run('INSERT INTO u VALUES (7)')),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    expect(rows(reader)).toEqual([]);
    await insert(2);
    expect(rows(reader)).toEqual([2]);
  });

  test('closing commits the pending writes, and none after', async () => {
    const asked = insert(1);
    database.close();
    await asked;
    expect(rows(reader)).toEqual([1]);
    await expect(insert(2)).rejects.toThrow(UnavailableError);
  });
});
