import { Console } from 'node:console';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import { logReplacer } from '#domain/log-replacer.ts';

/** The destination of structured log lines: standard error, or a file to append to. */
export type LogTarget = { readonly file: string } | 'stderr';

/** Powertools' logger with another destination: it has no option for that, so its console is replaced. */
export function makeLogger(serviceName: string, target: LogTarget): Logger {
  const output = target === 'stderr' ? process.stderr : openLog(target.file);
  const logger = new Logger({ serviceName, jsonReplacerFn: logReplacer });
  return Object.assign(logger, { console: new Console({ stdout: output, stderr: output }) });
}

function openLog(file: string): Writable {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}
