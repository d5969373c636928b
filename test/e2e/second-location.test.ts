/** The second location of the vault's backups outlives the installation that made them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { runSchedule } from './run-schedule.ts';
import { startHostProcess } from './running-host.ts';
import { useHostWith } from './use-host.ts';

jest.setTimeout(150_000);

const environment = { API_KEYS: 'the key of the operator', BACKUP_INTERVAL_HOURS: '2' };
const world = useHostWith({ environment });
const MODEL = Buffer.from('the weights of a company, '.repeat(300)).toString('base64');
const PASSWORD = 'secure_password_123';

async function call(method: string, path: string, json?: object) {
  const response = await fetch(`${world.bases.manager}/api/model-manager${path}`, {
    method,
    headers: { 'x-api-key': environment.API_KEYS, 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function restore(from: string, to: string) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    'infra/backup/main.ts',
    'restore',
    from,
    '--vault',
    '--data',
    to,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

test('a vault is restored from it into a new installation that has nothing but the wrapping key', async () => {
  const copies = join(world.folder, 'copies');
  const config = { use_scrypt: false, key_iterations: 100_000, task_type: 'regression' };
  await call('POST', '/create', { manager_id: 'prod', config });
  for (const [model_name, password] of [['open'], ['secret', PASSWORD]]) {
    const secret = password === undefined ? {} : { password };
    await call('POST', '/prod/models/save', { model_name, model_data: MODEL, ...secret });
  }
  await call('POST', '/prod/backup/create', { backup_name: 'b' });
  await call('POST', '/prod/backup/create', { backup_name: 'p', backup_password: 'another password' });
  await world.host.stop('SIGKILL');
  await runSchedule('back-up-vaults', { dir: world.data, backupCopies: copies });

  const fresh = join(world.folder, 'fresh');
  mkdirSync(join(fresh, 'keys'), { recursive: true, mode: 0o700 });
  const without = restore(copies, fresh);
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('wrapping.key is missing')]);
  const wrong = join(world.folder, 'wrong');
  mkdirSync(join(wrong, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(join(wrong, 'keys', 'wrapping.key'), Buffer.alloc(32, 1), { mode: 0o600 });
  const refused = restore(copies, wrong);
  expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('Took 0 backups')]);

  copyFileSync(join(world.data, 'keys', 'wrapping.key'), join(fresh, 'keys', 'wrapping.key'));
  const taken = restore(copies, fresh);
  expect([taken.code, taken.stderr, taken.stdout]).toEqual([0, '', expect.stringContaining('new managers: prod')]);
  expect(restore(copies, fresh).stdout).toContain('Took 0 backups');

  world.host = await startHostProcess(fresh, { environment });
  expect((await call('GET', '/prod/info')).body).toMatchObject({
    ...{ model_count: 0, config: { task_type: 'regression', backup_interval_hours: 2 } },
  });
  const restored = await call('POST', '/prod/backup/restore', { backup_name: 'b' });
  expect([restored.status, restored.body.restored_models]).toEqual([200, ['open', 'secret']]);
  const load = (model_name: string, password?: string) =>
    call('POST', '/prod/models/load', { model_name, ...(password === undefined ? {} : { password }) });
  expect((await load('open')).body.model_data).toBe(MODEL);
  expect((await load('secret', 'wrong')).status).toBe(403);
  expect((await load('secret', PASSWORD)).body.model_data).toBe(MODEL);
  const again = (restore_password: string) =>
    call('POST', '/prod/backup/restore', { backup_name: 'p', restore_password, overwrite_existing: true });
  expect((await again('wrong')).status).toBe(403);
  expect((await again('another password')).body.restored_models).toEqual(['open', 'secret']);
  expect((await call('GET', '/prod/audit/verify')).body.valid).toBe(true);
});

test('nothing in it can be read without the key', () => {
  const files = readdirSync(join(world.folder, 'copies'), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const all = files.map((one) => readFileSync(join(one.parentPath, one.name), 'latin1')).join('\n');
  expect(all).toContain('wrapped_key');
  for (const secret of ['the weights of a company', PASSWORD, '"open"']) expect(all).not.toContain(secret);
});
