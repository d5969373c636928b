/**
 * `npm run upload -- FILE BASE_URL --user NAME`: uploads a large file as a dataset and prints what processing
 * found in it. Exits with 0, with 2 if the command line is wrong, or with 1 and one line that says what went wrong.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { components, paths } from '#client/platform/schema.ts';
import { Terminal } from '../embedded/demo/terminal.ts';
import { runProgram } from '../run-program.ts';
import { expectPlatform } from '../smoke/platform-url.ts';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { type PlatformClient, uploadFile } from './upload-file.ts';

const POLL_MS = 1000;

type Dataset = components['schemas']['DatasetDetail'];

async function main({ file, base, user, password, ...wanted }: Arguments): Promise<void> {
  const terminal = new Terminal(process.stdout);
  await expectPlatform(base);
  const credentials: Credentials = {};
  const client = makeClient<paths>(base, credentials);
  const refresh = async (): Promise<void> => {
    const login = await answer(client.POST('/auth/login', { body: { username: user, password } }));
    credentials.token = login.access_token;
  };
  await refresh();
  const onProgress = (sent: number, size: number): void => terminal.transferred(sent, size);
  const id = await uploadFile(client, file, wanted, { onProgress, refresh });
  terminal.step('Uploaded', `dataset ${id}`);
  const { rows, columns, target } = await processed(client, id);
  terminal.step('Processed', `${rows} rows, ${columns} columns, target ${target}`);
}

async function processed(client: PlatformClient, id: string): Promise<NonNullable<Dataset['metadata']>> {
  for (;;) {
    const dataset = await answer(client.GET('/datasets/{dataset_id}', { params: { path: { dataset_id: id } } }));
    if (dataset.metadata !== undefined) return dataset.metadata;
    if (dataset.status === 'failed') throw new Error(`dataset ${id} failed: ${reasonOf(dataset)}`);
    await pause(POLL_MS);
  }
}

const reasonOf = ({ error }: Dataset): string =>
  [error?.message, ...(error?.details ?? []).map(({ message }) => message)].filter(Boolean).join('; ');

await runProgram({ read: () => readArguments(process.argv.slice(2), process.env), usage: USAGE, main });
