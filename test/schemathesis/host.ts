/** A host in a process of its own, on free ports, with rate limits that nobody reaches. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export interface StartedHost extends AsyncDisposable {
  /** By the surface's name. */
  readonly bases: Readonly<Record<string, string>>;
}

/** `key` is an API key of the operator. */
export async function startHost(dataDir: string, key: string): Promise<StartedHost> {
  const child = fork(resolve('test/schemathesis/host-process.ts'), [dataDir, key], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const closed = once(child, 'exit');
  const [told] = await Promise.race([
    once(child, 'message'),
    closed.then(([code]) => Promise.reject(new Error(`the host ended with ${code}`))),
  ]);
  return {
    bases: (told as Pick<StartedHost, 'bases'>).bases,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await closed;
    },
  };
}
