import { Console } from 'node:console';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';

/** Where structured log lines go: standard error, or the end of a file. */
export type LogTarget = { readonly file: string } | 'stderr';

/** Powertools' logger, writing where the host says: it has no option for that, only the console that it writes to. */
export function makeLogger(serviceName: string, target: LogTarget): Logger {
  const output = target === 'stderr' ? process.stderr : openLog(target.file);
  return Object.assign(new Logger({ serviceName }), { console: new Console({ stdout: output, stderr: output }) });
}

function openLog(file: string): Writable {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}
