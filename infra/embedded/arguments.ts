import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Arguments {
  readonly dataDir: string;
  readonly host: string;
  readonly portOffset: number | 'free';
  readonly operator?: string;
  readonly apiKeys: readonly string[];
}

/** The command line is wrong; the message is one line for the user. */
export class UsageError extends Error {}

export const USAGE = `Usage: npm start [-- OPTIONS]

  --data DIR         the data folder (default: .trainyard/data)
  --host ADDRESS     the address to bind (default: 127.0.0.1, this machine only)
  --port-offset N    added to every port, 0 to 50000 (default: 0); "free" takes free ports
  --operator NAME    the user whose account local calls without credentials are taken for, on surfaces that take them
                     (default: the first user who registered)
  --help             this text

API_KEYS=KEY1,KEY2 in the environment: API keys of the operator.`;

/** The largest offset that keeps every port of the topology below 65536. */
const LARGEST_OFFSET = 50_000;

/** Reads the command line of `npm start`. `undefined` where help was asked for. Throws `UsageError`. */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Arguments | undefined {
  const { data, host, help, operator, 'port-offset': offset } = parse(args);
  if (help) return undefined;
  const portOffset = offset === 'free' ? offset : Number(offset);
  if (portOffset !== 'free' && (!/^\d+$/.test(offset) || portOffset > LARGEST_OFFSET)) {
    throw new UsageError(
      `--port-offset must be a whole number between 0 and ${LARGEST_OFFSET}, or free; got ${offset}`,
    );
  }
  if (data === '' || host === '') throw new UsageError(`${data === '' ? '--data' : '--host'} must not be empty`);
  const apiKeys = keysOf(environment.API_KEYS, host);
  return { dataDir: resolve(data), host, portOffset, apiKeys, ...(operator === undefined ? {} : { operator }) };
}

/** Where others can call, a key that can be guessed would open everything. */
const KEY_CHARACTERS = 16;
const LOOPBACK = /^(127\.|::1$|localhost$)/;

function keysOf(given: string | undefined, host: string): string[] {
  const keys = (given ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  const short = keys.findIndex((key) => key.length < KEY_CHARACTERS);
  if (short >= 0 && !LOOPBACK.test(host)) {
    throw new UsageError(
      `API_KEYS must be of ${KEY_CHARACTERS} characters or more where others can call; got ${keys[short]!.length} in number ${short + 1}`,
    );
  }
  return keys;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string', default: '.trainyard/data' },
        host: { type: 'string', default: '127.0.0.1' },
        'port-offset': { type: 'string', default: '0' },
        operator: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!);
  }
}
