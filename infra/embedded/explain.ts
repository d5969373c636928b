/** Advice for the errors that keep a host from starting; any other shows its own message. */
const ADVICE: Readonly<Record<string, (error: NodeJS.ErrnoException & { port?: number; address?: string }) => string>> =
  {
    EADDRINUSE: ({ port }) => `port ${port} is in use; stop what uses it, or choose others with --port-offset N`,
    EADDRNOTAVAIL: ({ address }) => `${address} is not an address of this machine; see --host`,
    ENOTFOUND: (error) => `${error.message.split(' ').at(-1)} is not an address of this machine; see --host`,
  };

/** One line for the user. */
export function explain(error: unknown): string {
  const known = error as NodeJS.ErrnoException;
  const text = ADVICE[known?.code ?? '']?.(known) ?? (error instanceof Error ? error.message : String(error));
  return `trainyard: ${text.replaceAll('\n', ' ')}`;
}
