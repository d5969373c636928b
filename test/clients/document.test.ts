/** The two programs that the platform's API document prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { run } from './run.ts';

const world = useHost();
const printed = (name: string): string => readFileSync(join(import.meta.dirname, 'document', name), 'utf8');

/** What a page has that the document's JavaScript runs in: a file input with a file. */
const FILE_INPUT = `import { openAsBlob } from 'node:fs';
const fileInput = { files: [new File([await openAsBlob('penguins.csv', { type: 'text/csv' })], 'penguins.csv')] };
`;

describe('the program that the document prints', () => {
  let user: User;
  beforeAll(async () => {
    user = new User(world, 'user', 'pass of a user');
    const { username, password } = user;
    await user.client.post('/auth/register', { username, password, email: 'user@example.com', full_name: 'User' });
    await user.login();
  });

  const PROGRAMS = {
    python: () => `${printed('program.py.txt')}\nprint(job_id)\n`,
    javascript: () => `${FILE_INPUT}${printed('program.js.txt')}\nconsole.log(job_id);\n`,
  } as const;

  test.each(['python', 'javascript'] as const)('in %s starts a training, which ends with a model', async (language) => {
    const { code, stdout, stderr } = await run(world, language, PROGRAMS[language]());
    expect([code, stderr]).toEqual([0, '']);
    const jobId = stdout.trim();
    await user.jobIs(jobId, ({ status }) => status !== 'queued' && status !== 'running');
    expect(await user.results(jobId)).toMatchObject({ model_id: expect.any(String) });
  });
});
