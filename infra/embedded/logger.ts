import { Console } from 'node:console';
import { createWriteStream } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';

/** Where structured log lines go: standard error, or the end of a file. */
export type LogTarget = { readonly file: string } | 'stderr';

/** Powertools' logger, writing where the host says: it has no option for that, only the console that it writes to. */
export function makeLogger(serviceName: string, target: LogTarget): Logger {
  const output = target === 'stderr' ? process.stderr : createWriteStream(target.file, { flags: 'a', mode: 0o600 });
  return Object.assign(new Logger({ serviceName }), { console: new Console({ stdout: output, stderr: output }) });
}
