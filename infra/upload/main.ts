/**
 * `npm run upload -- FILE BASE_URL --user NAME`: uploads a CSV file of any size as a dataset and prints what processing
 * found in it. Exits with 0, with 2 if the command line is wrong, or with 1 and one line that says what went wrong.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '../embedded/demo/client.ts';
import { Terminal } from '../embedded/demo/terminal.ts';
import { expectPlatform, lineOf } from '../smoke/platform-url.ts';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { uploadFile } from './upload-file.ts';

const POLL_MS = 1000;
const MEBIBYTE = 1_048_576;

interface Dataset {
  readonly status: string;
  readonly error?: { readonly message: string; readonly details?: readonly { readonly message: string }[] };
  readonly metadata: { readonly rows: number; readonly columns: number; readonly target: string };
}

async function main({ file, base, user, password, ...wanted }: Arguments): Promise<void> {
  const terminal = new Terminal(process.stdout);
  await expectPlatform(base);
  const client = new Client(base);
  const refresh = async (): Promise<void> => {
    const tokens = await client.post<{ access_token: string }>('/auth/login', { username: user, password });
    client.useToken(tokens.access_token);
  };
  await refresh();
  const onProgress = (sent: number, size: number): void =>
    terminal.progress((sent / size) * 100, `${Math.round(sent / MEBIBYTE)} of ${Math.round(size / MEBIBYTE)} MiB`);
  const id = await uploadFile(client, file, wanted, { onProgress, refresh });
  terminal.step('Uploaded', `dataset ${id}`);
  const { rows, columns, target } = await processed(client, id);
  terminal.step('Processed', `${rows} rows, ${columns} columns, target ${target}`);
}

async function processed(client: Client, id: string): Promise<Dataset['metadata']> {
  for (;;) {
    const dataset = await client.get<Dataset>(`/datasets/${id}`);
    if (dataset.status === 'ready') return dataset.metadata;
    if (dataset.status === 'failed') throw new Error(`dataset ${id} failed: ${reasonOf(dataset)}`);
    await pause(POLL_MS);
  }
}

const reasonOf = ({ error }: Dataset): string =>
  [error?.message, ...(error?.details ?? []).map(({ message }) => message)].filter(Boolean).join('; ');

function fail(error: unknown, code: number): never {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(code);
}

function given(): Arguments | undefined {
  try {
    return readArguments(process.argv.slice(2), process.env);
  } catch (error) {
    return fail(error, 2);
  }
}

const args = given();
if (args) await main(args).catch((error: unknown) => fail(error, 1));
else process.stdout.write(`${USAGE}\n`);
