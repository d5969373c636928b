import { Console } from 'node:console';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
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
  const output = target === 'stderr' ? process.stderr : openLog(target.file);
  const logger = new Logger({ serviceName, jsonReplacerFn: logReplacer });
  const info = logger.info.bind(logger);
  // In another time zone its times are not in UTC.
  const isPlain = AS_BY_DEFAULT.includes(logger.getLevelName()) && new Date().getTimezoneOffset() === 0;
  const infoOf = (message: LogItemMessage, ...extra: LogItemExtraInput): void => {
    const [attributes, ...more] = extra;
    if (!isPlain || typeof message !== 'string' || more.length > 0 || !isFlat(attributes)) info(message, ...extra);
    else output.write(`${plainLine(serviceName, message, attributes)}\n`);
  };
  return Object.assign(logger, { console: new Console({ stdout: output, stderr: output }), info: infoOf });
}

const AS_BY_DEFAULT: readonly string[] = ['TRACE', 'DEBUG', 'INFO'];

type Flat = Readonly<Record<string, string | number | boolean>>;

const plainLine = (service: string, message: string, attributes: Flat): string =>
  JSON.stringify({
    level: 'INFO',
    message,
    timestamp: new Date().toISOString(),
    service,
    sampling_rate: 0,
    ...attributes,
  });

const MOST_CHARACTERS = 1000;

function isFlat(value: LogItemExtraInput[0] | undefined): value is Flat {
  if (typeof value !== 'object' || value instanceof Error) return false;
  return Object.values(value).every((one) =>
    typeof one === 'string' ? one.length <= MOST_CHARACTERS : typeof one === 'number' || typeof one === 'boolean',
  );
}

function openLog(file: string): Writable {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}
