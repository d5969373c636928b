/** Managers, models and backups to call. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { paths } from '#client/manager/schema.ts';

/** The file `backup.tar.gz` in the folder is the archive of a backup that was deleted. */
export async function prepareVault(
  base: string,
  credentials: Credentials,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const client = makeClient<paths>(base, credentials);
  // The cheapest keys that the vault allows: what is tested is not how long a password takes.
  const config = { use_scrypt: false, key_iterations: 100_000, backup_enabled: false };
  for (const manager_id of ['vault', 'spare']) {
    await answer(client.POST('/api/model-manager/create', { body: { manager_id, config } }));
  }
  const params = { path: { manager_id: 'vault' } };
  const file = {
    model_data: Buffer.from('weights').toString('base64'),
    metadata: { performance_metrics: { accuracy: 0.9 } },
    tags: ['production'],
    digital_signature: true,
    replace_existing: false,
  };
  for (const model_name of ['kept_v2.0', 'kept_v2.1', 'spare']) {
    await answer(client.POST('/api/model-manager/{manager_id}/models/save', { params, body: { ...file, model_name } }));
  }
  const locked = { ...file, model_name: 'locked', password: 'correct horse' };
  await answer(client.POST('/api/model-manager/{manager_id}/models/save', { params, body: locked }));
  for (const backup_name of ['kept', 'spare', 'archived']) {
    const body = { backup_name, compress: true, encrypt_backup: true };
    await answer(client.POST('/api/model-manager/{manager_id}/backup/create', { params, body }));
  }
  const archived = { path: { manager_id: 'vault', backup_name: 'archived' } };
  const archive = client.GET('/api/model-manager/{manager_id}/backup/{backup_name}/download', {
    params: archived,
    parseAs: 'arrayBuffer',
  });
  writeFileSync(join(folder, 'backup.tar.gz'), new Uint8Array(await answer(archive)));
  await answer(client.DELETE('/api/model-manager/{manager_id}/backup/{backup_name}', { params: archived }));
  const upload = { model_name: 'uploaded', file_size: 100, tags: [], metadata: {}, replace_existing: false };
  const begin = async () =>
    (await answer(client.POST('/api/model-manager/{manager_id}/models/uploads', { params, body: upload }))).upload_id;
  const body = { file_size: 100 };
  const beginArchive = async () =>
    (await answer(client.POST('/api/model-manager/{manager_id}/backup/uploads', { params, body }))).upload_id;
  return {
    VAULT_UPLOAD: await begin(),
    VAULT_SPARE_UPLOAD: await begin(),
    VAULT_ARCHIVE: await beginArchive(),
    VAULT_SPARE_ARCHIVE: await beginArchive(),
  };
}
