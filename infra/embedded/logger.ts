import { Console } from 'node:console';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import type { LogItemExtraInput, LogItemMessage } from '@aws-lambda-powertools/logger/types';
import { logReplacer } from '#domain/log-replacer.ts';

/** The destination of structured log lines: standard error, or a file to append to. */
export type LogTarget = { readonly file: string } | 'stderr';

/**
 * Powertools' logger with another destination: it has no option for that, so its console is replaced. It takes longer for
 * a line than most requests take for everything else, so the lines of requests, which have only short texts and numbers,
 * are written here, as it would write them.
 */
export function makeLogger(serviceName: string, target: LogTarget): Logger {
  const output: Output = target === 'stderr' ? standardError : openLog(target.file);
  const logger = new Logger({ serviceName, jsonReplacerFn: logReplacer });
  const info = logger.info.bind(logger);
  // In another time zone its times are not in UTC.
  const isPlain = AS_BY_DEFAULT.includes(logger.getLevelName()) && new Date().getTimezoneOffset() === 0;
  const infoOf = (message: LogItemMessage, ...extra: LogItemExtraInput): void => {
    const attributes = extra[0];
    if (!isPlain || typeof message !== 'string' || extra.length > 1 || !isFlat(attributes)) info(message, ...extra);
    else output.add({ service: serviceName, message, at: Date.now(), attributes });
  };
  const { stream } = output;
  return Object.assign(logger, { console: new Console({ stdout: stream, stderr: stream }), info: infoOf });
}

interface Output {
  readonly stream: Writable;
  /** Writes a line, now or soon. */
  add(line: Line): void;
}

interface Line {
  readonly service: string;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly attributes: Flat;
}

/**
 * Lines of requests are put into words and written together, so that no answer waits for it: so long, in milliseconds, one
 * waits for others, and for so many of them.
 */
const WAIT_MS = 5;
const MOST_WAITING = 256;

let waiting: Line[] = [];
let timer: NodeJS.Timeout | undefined;

function writeWaiting(): void {
  clearTimeout(timer);
  timer = undefined;
  const lines = waiting;
  waiting = [];
  if (lines.length > 0) process.stderr.write(lines.map(textOf).join(''));
}

const standardError: Output = {
  // What is written at once comes after the lines before it.
  stream: new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _, done) {
      writeWaiting();
      process.stderr.write(chunk, () => done());
    },
  }),
  add: (line) => {
    waiting.push(line);
    if (waiting.length >= MOST_WAITING) writeWaiting();
    else timer ??= setTimeout(writeWaiting, WAIT_MS);
  },
};
process.once('exit', writeWaiting);

const AS_BY_DEFAULT: readonly string[] = ['TRACE', 'DEBUG', 'INFO'];

type Flat = Readonly<Record<string, string | number | boolean>>;

const textOf = ({ service, message, at, attributes }: Line): string => {
  const timestamp = new Date(at).toISOString();
  return `${JSON.stringify({ level: 'INFO', message, timestamp, service, sampling_rate: 0, ...attributes })}\n`;
};

const MOST_CHARACTERS = 1000;

function isFlat(value: LogItemExtraInput[0] | undefined): value is Flat {
  if (typeof value !== 'object' || value instanceof Error) return false;
  for (const name in value) {
    const one = value[name];
    const isShort =
      typeof one === 'string' ? one.length <= MOST_CHARACTERS : typeof one === 'number' || typeof one === 'boolean';
    if (!isShort) return false;
  }
  return true;
}

function openLog(file: string): Output {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  return { stream, add: (line) => void stream.write(textOf(line)) };
}
