/** What the beginning of an upload says of what comes next. */
import type { EmbeddedHost } from '#embedded/adapters.ts';
import type { Invoker } from './invoker.ts';

/** @param event of a function, which may be no request */
export function beginsUpload(event: unknown): boolean {
  const { httpMethod, path } = event as { readonly httpMethod?: string; readonly path?: string };
  return httpMethod === 'POST' && (path === '/datasets/upload' || path === '/datasets/uploads');
}

/** The file is read next, and a training is likely soon: what these need is loaded while the file arrives. */
export function prepareFor(invoker: Invoker, host: Pick<EmbeddedHost, 'expectTask'>): void {
  invoker.warmThread('process-dataset');
  host.expectTask();
}
