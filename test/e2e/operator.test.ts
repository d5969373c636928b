/** Whoever works at the machine calls the models API as its document prints it: without credentials. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, jest, test } from '@jest/globals';
import { useHost } from './use-host.ts';
import { User } from './user.ts';

jest.setTimeout(150_000);

const host = useHost();

test('curl -O -J saves a model of the operator under its name, who looked around before registering', async () => {
  for (const base of Object.values(host.bases)) {
    for (const path of ['/', '/docs', '/openapi.json', '/nowhere']) await fetch(`${base}${path}`);
    await fetch(`${base}/api/v1/models`, { headers: { authorization: 'Bearer unknown' } });
  }
  const user = await User.register(host);
  const { id } = await user.uploadPenguins();
  const job = await user.train(id, { epochs: 2 });
  await user.jobIs(job, ({ status }) => status === 'completed');
  const { model_id } = await user.results(job);
  const url = `${host.base}/api/v1/models/1/download`;
  await promisify(execFile)('curl', ['-sS', '--fail', '--noproxy', '*', '-O', '-J', url], { cwd: host.folder });
  const saved = readFileSync(join(host.folder, 'model_1_mlp.pth'));
  expect(saved.equals(await user.client.download(`/models/${model_id}/download?format=pth`))).toBe(true);
});

test('what does not come from the machine itself needs credentials', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.1' };
  const answer = await fetch(`${host.base}/api/v1/models`, { headers });
  expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'UNAUTHORIZED' }]);
});
