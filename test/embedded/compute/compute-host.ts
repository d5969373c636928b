/** A host with a running task, whose pid it prints, and a pending one; then it is killed. */
import { openEmbeddedHost } from '#embedded/open.ts';
import { processIdentity } from '#embedded/process-identity.ts';
import { computeOptions } from './compute-subject.ts';

const [dir = ''] = process.argv.slice(2);
const script =
  'process.on("SIGTERM", () => {}); process.stdout.on("error", () => {}); console.log(process.pid); setInterval(() => {}, 1000)';
const host = await openEmbeddedHost({
  ...computeOptions(dir),
  computeCommand: () => ({ command: process.execPath, args: ['-e', script], env: {} }),
  log: ({ line }) => process.stdout.write(`${processIdentity(Number(line))}\n`),
});
await host.startCompute();
const task = { accountId: 'succeed', jobId: 'j', attempt: 1, timeoutSeconds: 60 };
await host.compute.submit({ ...task, id: 'running' });
await host.compute.submit({ ...task, id: 'waiting' });
setInterval(() => undefined, 1000);
