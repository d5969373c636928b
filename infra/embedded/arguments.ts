import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Arguments {
  readonly dataDir: string;
  readonly host: string;
  readonly portOffset: number | 'free';
  readonly webhooksToLoopback: boolean;
}

/** The command line is wrong; the message is one line for the user. */
export class UsageError extends Error {}

export const USAGE = `Usage: npm start [-- OPTIONS]

  --data DIR         the data folder (default: .trainyard/data)
  --host ADDRESS     the address to bind (default: 127.0.0.1, this machine only)
  --port-offset N    added to every port, 0 to 50000 (default: 0); "free" takes free ports
  --webhooks-to-loopback  lets webhooks be delivered to this machine, over http too
  --help             this text`;

/** The largest offset that keeps every port of the topology below 65536. */
const LARGEST_OFFSET = 50_000;

/** Parses the command line of `npm start`. `undefined` for `--help`. Throws `UsageError`. */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const { data, host, help, 'port-offset': offset, 'webhooks-to-loopback': webhooksToLoopback } = parse(args);
  if (help) return undefined;
  const portOffset = offset === 'free' ? offset : Number(offset);
  if (portOffset !== 'free' && (!/^\d+$/.test(offset) || portOffset > LARGEST_OFFSET)) {
    throw new UsageError(
      `--port-offset must be a whole number between 0 and ${LARGEST_OFFSET}, or free; got ${offset}`,
    );
  }
  if (data === '' || host === '') throw new UsageError(`${data === '' ? '--data' : '--host'} must not be empty`);
  return { dataDir: resolve(data), host, portOffset, webhooksToLoopback };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string', default: '.trainyard/data' },
        host: { type: 'string', default: '127.0.0.1' },
        'port-offset': { type: 'string', default: '0' },
        'webhooks-to-loopback': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!);
  }
}
