/** What must be true of a data folder after a month, beyond what its owners see. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface FolderFacts {
  readonly items: number;
  readonly blobs: number;
  readonly files: number;
  readonly bytes: number;
  readonly deadLetters: readonly string[];
  readonly faults: readonly string[];
}

const filesBelow = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      )
    : [];

/** Of a folder whose host has stopped. `deleted`: ids of which nothing may be left. */
export function lookAt(dataDir: string, deleted: readonly string[]): FolderFacts {
  const faults: string[] = [];
  const sqlite = new DatabaseSync(join(dataDir, 'trainyard.db'), { readOnly: true });
  const all = (sql: string) => sqlite.prepare(sql).all();
  const [check] = all('PRAGMA integrity_check');
  if (Object.values(check ?? {})[0] !== 'ok') faults.push(`the database is damaged: ${JSON.stringify(check)}`);
  const contents = new Set<string>();
  const blobs = all('SELECT key, contents FROM blobs') as { key: string; contents: string }[];
  for (const { contents: list } of blobs)
    for (const [name] of JSON.parse(list) as [string, number][]) contents.add(name);
  for (const { content } of all('SELECT content FROM parts') as { content: string }[]) contents.add(content);
  const files = filesBelow(join(dataDir, 'blobs'));
  const names = new Set(files.map((file) => file.split('/').at(-1)!));
  const lost = [...contents].filter((name) => !names.has(name));
  const orphaned = [...names].filter((name) => !contents.has(name));
  if (lost.length > 0) faults.push(`${lost.length} files are missing: ${lost.slice(0, 3)}`);
  if (orphaned.length > 0) faults.push(`${orphaned.length} files belong to nothing: ${orphaned.slice(0, 3)}`);
  for (const id of deleted) {
    const left = blobs.filter(({ key }) => key.includes(id));
    if (left.length > 0) faults.push(`files of the deleted ${id} are left: ${left[0]!.key}`);
  }
  const dead = all("SELECT queue, reason, count(*) AS n FROM messages WHERE queue LIKE '%-dead-letters' GROUP BY 1, 2");
  const [{ n: items } = { n: 0 }] = all('SELECT count(*) AS n FROM items') as { n: number }[];
  sqlite.close();
  return {
    items,
    blobs: blobs.length,
    files: files.length,
    bytes: filesBelow(dataDir).reduce((sum, file) => sum + statSync(file).size, 0),
    deadLetters: dead.map((row) => `${row.queue}: ${row.n} × ${row.reason}`),
    faults,
  };
}
