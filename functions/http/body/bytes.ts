/** A body of any bytes: a file, as `curl -T` sends it. */
import type { Content } from '#domain/request-body.ts';
import type { Body } from './body.ts';

/** @param accepts media types besides those that programs send where they know none */
export function bytes(accepts: readonly string[], description: string): Body<Content> {
  const schema = { type: 'string' as const, format: 'binary', description };
  const all = [...accepts, 'application/octet-stream', 'application/x-www-form-urlencoded'];
  return {
    accepts: all,
    optional: true,
    bound: (settings) => settings.uploadBytes,
    parse: ({ content }) => content,
    openapi: { required: true, content: Object.fromEntries(accepts.map((type) => [type, { schema }])) },
  };
}
