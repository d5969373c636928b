import { randomUUID } from 'node:crypto';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import { type EmbeddedHost, type EmbeddedHostOptions, openEmbeddedHost } from '#embedded/open.ts';
import type { Behaviour, ComputeSubject, Stopped } from '../../conformance/compute.ts';
import { hostOptions } from '../folder.ts';

export const SCRIPTS: Readonly<Record<Behaviour, string>> = {
  succeed: 'console.log("started")',
  fail: 'console.log("started"); process.exitCode = 3',
  hang: 'console.log("started"); setInterval(() => {}, 1000)',
  'be interrupted': 'console.log("started"); process.exitCode = 75',
  'ignore SIGTERM': 'process.on("SIGTERM", () => {}); console.log("started"); setInterval(() => {}, 1000)',
};

/** Options of a host whose tasks have the behaviour that their accountId names. */
export const computeOptions = (dir: string): EmbeddedHostOptions => ({
  ...hostOptions(dir),
  computeCommand: (task) => ({
    command: process.execPath,
    args: ['-e', SCRIPTS[task.accountId as Behaviour]],
    env: {},
  }),
  graceSeconds: 0.3,
  maxTasks: 1,
});

export async function computeSubject(
  dir: string,
  changes: Partial<EmbeddedHostOptions> = {},
): Promise<ComputeSubject & { host: EmbeddedHost }> {
  const started = new Set<string>();
  const waiting = new Map<string, () => void>();
  const host = await openEmbeddedHost({
    ...computeOptions(dir),
    log: ({ task, line }) => {
      if (line !== 'started' || task === undefined) return;
      started.add(task.id);
      waiting.get(task.id)?.();
    },
    ...changes,
  });
  await host.startCompute();
  const bus = host.queuesByName.get('bus')!;
  return {
    host,
    compute: host.compute,
    task: (behaviour, changed = {}): ComputeTask => ({
      id: randomUUID(),
      accountId: behaviour,
      jobId: randomUUID(),
      attempt: 1,
      timeoutSeconds: 60,
      ...changed,
    }),
    started: (task) => new Promise((resolve) => (started.has(task.id) ? resolve() : waiting.set(task.id, resolve))),
    stopped: async () => {
      for (;;) {
        const [message] = await bus.receive({ max: 1 });
        if (message !== undefined) {
          await bus.acknowledge(message.receipt);
          return (JSON.parse(message.body) as { detail: Stopped }).detail;
        }
        await new Promise<void>((resolve) => {
          const stop = host.watch(() => {
            stop();
            resolve();
          });
        });
      }
    },
    close: () => host.close(),
  };
}
