import { join } from 'node:path';
import { newId } from '#domain/ids.ts';
import { keys } from '#domain/keys.ts';
import { modelLists } from '#domain/models/lists.ts';
import type { Item } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { Database } from '#embedded/database.ts';
import { writeLists } from './list-rows.ts';

const MINUTE = 60_000;

type StoredModel = Item & { readonly id: string; readonly created_at: string };

interface StoredAccount {
  readonly models: number;
  readonly last_model_number: number;
}

/**
 * Gives the account of a model so many more like it, each a minute older than the one before, in a data folder that no
 * host has open. By the rows as they are stored, not through the domain: that makes models one at a time, in earlier
 * versions only up to a bound, and what another version stored has to be cloned as well.
 */
export async function cloneModel(dataDir: string, modelId: string, count: number): Promise<void> {
  const database = new Database(join(dataDir, 'trainyard.db'));
  try {
    const row = database.get('SELECT * FROM items WHERE sk = ?', `MODEL#${modelId}`)!;
    const columns = Object.keys(row);
    const insert = `INSERT INTO items (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    const original: StoredModel = JSON.parse(String(row.body));
    const accountKey = [original.pk, 'ACCOUNT'];
    const stored = database.get('SELECT body FROM items WHERE pk = ? AND sk = ?', ...accountKey)!;
    const account: StoredAccount = JSON.parse(String(stored.body));

    const models = [modelLists.parse(original)];
    await database.write(() => {
      for (let n = 1; n <= count; n++) {
        const at = Date.parse(original.created_at) - n * MINUTE;
        const [id, created_at, number] = [newId(at), isoTime(at), account.last_model_number + n];
        const clone = { ...original, sk: `MODEL#${id}`, id, created_at, number };
        const changed: Record<string, string> = { sk: clone.sk, body: JSON.stringify(clone) };
        database.run(insert, ...columns.map((column) => changed[column] ?? row[column]!));
        models.push(modelLists.parse(clone));
      }
      const counted = {
        ...account,
        models: account.models + count,
        last_model_number: account.last_model_number + count,
      };
      database.run('UPDATE items SET body = ? WHERE pk = ? AND sk = ?', JSON.stringify(counted), ...accountKey);
    });
    // An earlier version has no lists.
    const { pk, sk } = keys.listsComplete(models[0]!.account_id, modelLists.kind);
    const hasLists = database.get('SELECT 1 FROM items WHERE pk = ? AND sk = ?', pk, sk) !== undefined;
    if (hasLists) await writeLists(database, modelLists, models[0]!.account_id, models);
  } finally {
    database.close();
  }
}
