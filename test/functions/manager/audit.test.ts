import { describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { type Actor, type AuditEntry, appendAudit, genesis, hashOfEntry } from '#domain/vault/audit.ts';
import { openEmbedded } from '#embedded/open.ts';
import { everyQueue } from '#test/queues.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const verify = async (id: string) => (await world.call('GET', `/${id}/audit/verify`)).body;
const trail = async (id: string, query = '') => (await world.call('GET', `/${id}/audit/trail${query}`)).body;
const entryAt = (id: string, seq: number) => keys.vaultAuditEntry(world.accountId, id, seq);

async function filled(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'a');
  await world.load(id, 'a');
  await world.load(id, 'missing');
  await world.call('GET', `/${id}/models/a/info`);
  return id;
}

describe('the audit trail', () => {
  test('has every access, the newest first, and says who, from where and whether', async () => {
    const id = await filled();
    const { audit_entries: entries, total_entries } = await trail(id);
    expect(entries.map(({ action, success }: AuditEntry) => [action, success])).toEqual([
      ['model_info', true],
      ['model_load', false],
      ['model_load', true],
      ['model_save', true],
      ['manager_create', true],
    ]);
    expect(total_entries).toBe(5);
    expect(entries[1]).toMatchObject({ model_name: 'missing', reason: 'model_not_found', seq: 4 });
    expect(entries[0].user_id).toMatch(/^key_[0-9a-f]{32}$/);
  });

  test('has what is refused before anything is done: by the scope of a key, by the body, and at an upload', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'a');
    const headers = { 'x-api-key': await world.keyOf('read') };
    const rotation = { old_password: 'x', new_password: 'y' };
    const refused: readonly [string, string, unknown, number, string][] = [
      ['DELETE', '/models/a?confirm_deletion=true', undefined, 403, 'model_delete'],
      ['PUT', '/security/password', rotation, 403, 'password_update'],
      ['POST', '/models/a/deploy', { deploy_to: 'trainyard' }, 403, 'model_deploy'],
    ];
    for (const [method, path, json, status] of refused) {
      expect((await world.call(method, `/${id}${path}`, json, { headers })).status).toBe(status);
    }
    const bad: readonly [string, string, unknown, number, string][] = [
      ['POST', '/models/save', { model_name: 'b', model_data: '!!!!' }, 400, 'model_save'],
      ['POST', '/models/load', { model_name: 7 }, 400, 'model_load'],
      ['GET', '/models/list?page=zero', undefined, 400, 'model_list'],
      ['POST', '/models/uploads', { model_name: 'a', file_size: 10 }, 409, 'model_upload'],
      ['GET', `/backup/uploads/${crypto.randomUUID()}`, undefined, 404, 'backup_upload'],
      ['POST', '/backup/create', { encrypt_backup: false, backup_password: 'x' }, 400, 'backup_create'],
    ];
    for (const [method, path, json, status] of bad) {
      expect([path, (await world.call(method, `/${id}${path}`, json)).status]).toEqual([path, status]);
    }
    expect((await world.call('POST', '/create', { manager_id: id })).status).toBe(409);
    const { audit_entries: entries } = await trail(id, '?success=false');
    expect(entries.map(({ action }: AuditEntry) => action).reverse()).toEqual([
      ...[...refused, ...bad].map(([, , , , action]) => action),
      'manager_create',
    ]);
    expect(entries.at(-1)).toMatchObject({ model_name: 'a', reason: 'forbidden', ip_address: expect.any(String) });
    expect(await verify(id)).toMatchObject({ valid: true });
  });

  test('has the start of uploads, and where their URLs were asked for again', async () => {
    const id = await world.manager();
    const model = await world.call('POST', `/${id}/models/uploads`, { model_name: 'large', file_size: 10 });
    await world.call('GET', `/${id}/models/uploads/${model.body.upload_id}`);
    const archive = await world.call('POST', `/${id}/backup/uploads`, { file_size: 10 });
    await world.call('GET', `/${id}/backup/uploads/${archive.body.upload_id}`);
    const { audit_entries: entries } = await trail(id, '?action_type=model_upload,backup_upload&success=true');
    expect(entries.map(({ action, model_name }: AuditEntry) => [action, model_name])).toEqual([
      ['backup_upload', null],
      ['backup_upload', null],
      ['model_upload', 'large'],
      ['model_upload', 'large'],
    ]);
  });

  test('has nothing of who is not known, or of a manager of somebody else', async () => {
    const id = await world.manager();
    await world.call('GET', `/${id}/info`, undefined, { headers: { 'x-api-key': 'none' } });
    expect((await trail(id)).total_entries).toBe(1);
    expect((await world.call('POST', '/nobody/models/load', {})).status).toBe(404);
  });

  test('is filtered by group, action, model and day, of which the last is included', async () => {
    const id = await filled();
    const totals = async (query: string) => (await trail(id, query)).total_entries;
    // What looks at the trail is in it as well.
    const filling = 'action_type=manager_create,model_save,model_access';
    expect(await totals('?action_type=model_access')).toBe(3);
    expect(await totals('?action_type=model_save,model_info')).toBe(2);
    expect(await totals('?model_name=a')).toBe(3);
    expect(await totals(`?start_date=2025-12-01&end_date=2026-01-01&${filling}`)).toBe(5);
    expect(await totals('?end_date=2025-12-31')).toBe(0);
    expect(await totals('?start_date=2026-01-02')).toBe(0);
    expect(await totals(`?limit=2&page=2&${filling}`)).toBe(5);
    expect((await world.call('GET', `/${id}/audit/trail?action_type=nothing`)).status).toBe(400);
    expect((await world.call('GET', `/${id}/audit/trail?start_date=yesterday`)).status).toBe(400);
    const turned = await world.call('GET', `/${id}/audit/trail?start_date=2026-02-01&end_date=2026-01-01`);
    expect([turned.status, Object.keys(turned.body.details)]).toEqual([400, ['start_date']]);
  });

  test('is exported as JSON Lines whose hashes anyone can compute', async () => {
    const id = await filled();
    const { head, ...verified } = await verify(id);
    expect(verified).toEqual({ valid: true, entries: 5, broken_at: null, reason: null });
    const { text, headers } = await world.call('GET', `/${id}/audit/export`);
    expect(headers['Content-Type']).toBe('application/jsonl');
    const entries = Buffer.from(text, 'latin1')
      .toString()
      .trimEnd()
      .split('\n')
      .map((line): AuditEntry => JSON.parse(line))
      .reverse();
    let previous = genesis({ account_id: world.accountId, id }).hash;
    for (const entry of entries) {
      expect([entry.previous, hashOfEntry(entry)]).toEqual([previous, entry.hash]);
      previous = entry.hash;
    }
    expect(entries.map(({ action }) => action).slice(4)).toEqual(['model_info', 'audit_verify']);
    expect(entries[4]!.hash).toBe(head);
  });

  test('shows what was changed, removed, added or cut off', async () => {
    const { table } = world.platform.store;
    const changed = await filled();
    await table.update(entryAt(changed, 3), { set: { success: false } });
    expect(await verify(changed)).toMatchObject({ valid: false, broken_at: 3, reason: 'was changed' });
    const removed = await filled();
    await table.delete(entryAt(removed, 2));
    expect(await verify(removed)).toMatchObject({ valid: false, broken_at: 2, reason: 'is missing' });
    const cut = await filled();
    await table.delete(entryAt(cut, 5));
    expect(await verify(cut)).toMatchObject({ valid: false, broken_at: 5, reason: 'is missing' });
    const forged = await filled();
    const entry = (await table.get(entryAt(forged, 3))) as unknown as AuditEntry & { pk: string; sk: string };
    const { pk, sk, ...fields } = entry;
    const rewritten = { ...fields, success: false };
    await table.put({ pk, sk, ...rewritten, hash: hashOfEntry(rewritten) });
    expect(await verify(forged)).toMatchObject({ valid: false, broken_at: 4 });
  });

  test('goes on where a manager of the same id is created again', async () => {
    const id = await filled();
    await world.call('DELETE', `/${id}?confirm_deletion=true`);
    await world.call('POST', '/create', { manager_id: id });
    expect(await verify(id)).toMatchObject({ valid: true });
    const { audit_entries: entries } = await trail(id, '?action_type=manager_delete,manager_create');
    expect(entries.map(({ action }: AuditEntry) => action)).toEqual([
      'manager_create',
      'manager_delete',
      'manager_create',
    ]);
  });

  test('never forks, however many processes append to it', async () => {
    const queue = { visibilitySeconds: 30, maxReceives: 3 };
    const options = {
      dir: world.platform.store.dir,
      baseUrl: '',
      queues: everyQueue(queue),
    };
    const others = await Promise.all([openEmbedded(options), openEmbedded(options), openEmbedded(options)]);
    const of = { account_id: world.accountId, id: 'shared' };
    const by: Actor = { userId: 'user_a', address: '192.0.2.1', requestId: 'r' };
    const append = ({ table, now }: (typeof others)[number]) =>
      appendAudit(table, of, by, { action: 'model_load', success: true }, now);
    await Promise.all(others.flatMap((adapters) => Array.from({ length: 8 }, () => append(adapters))));
    await world.call('POST', '/create', { manager_id: 'shared' });
    expect(await verify('shared')).toMatchObject({ valid: true, entries: 25 });
    await Promise.all(others.map((adapters) => adapters.close()));
  });
});

describe('what only shows models', () => {
  test('is an entry too', async () => {
    const id = await world.manager({ backup_enabled: false });
    for (const name of ['m', 'n']) await world.save(id, name);
    await world.call('GET', `/${id}/models/list`);
    for (const what of ['search?query=m', 'by-tags?tags=a', 'best']) await world.call('GET', `/${id}/models/${what}`);
    for (const other of ['n', 'none']) await world.call('POST', `/${id}/models/compare`, { model_names: ['m', other] });
    await world.call('GET', `/${id}/stats`);
    const { audit_entries: entries } = (await world.call('GET', `/${id}/audit/trail?action_type=listing`)).body;
    expect(entries.map((one: { action: string; success: boolean }) => [one.action, one.success]).reverse()).toEqual([
      ['model_list', true],
      ['model_search', true],
      ['model_search', true],
      ['model_search', true],
      ['model_compare', true],
      ['model_compare', false],
      ['manager_stats', true],
    ]);
  });
});
