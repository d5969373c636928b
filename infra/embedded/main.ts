/** `npm start`: runs the embedded host until it is stopped. */

import { UsageError } from '../command-line.ts';
import { readArguments, USAGE } from './arguments.ts';
import { explain } from './explain.ts';
import { type Host, startHost } from './host.ts';

/** Exit codes: 0 stopped on request, 1 could not start, 2 the command line was wrong. */
async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2), process.env);
  if (!args) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const host = await startHost({ ...args, ownsProcess: true });
  const base = host.bases.platform;
  process.stdout.write(`Trainyard is running.

${Object.entries(host.bases)
  .map(([name, url]) => `  ${name.padEnd(10)} ${url}`)
  .join('\n')}
  documents  ${base}/docs${args.publicUrl === undefined ? '' : `\n  public     ${args.publicUrl}`}
  data       ${args.dataDir}

${bootstrap(host)}Get a token:
  curl -s ${base}/auth/register -H 'content-type: application/json' \\
    -d '{"username":"ada","email":"ada@example.com","password":"correct horse","full_name":"Ada L."}'
  curl -s ${base}/auth/login -H 'content-type: application/json' \\
    -d '{"username":"ada","password":"correct horse"}'

Stop with Ctrl-C. Logs go to standard error.
`);
  await stopped;
  process.stdout.write('Stopping: finishing work in flight …\n');
  await host.close();
  return 0;
}

/** Whoever reads the terminal may register the first account where not anybody may. */
const bootstrap = ({ bootstrapToken }: Host): string =>
  bootstrapToken === undefined
    ? ''
    : `Nobody has registered yet. Until this host is stopped, the first account is registered with\n  "invitation":"${bootstrapToken}"\n\n`;

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
