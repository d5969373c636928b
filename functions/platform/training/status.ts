import { z } from 'zod';
import { getJob } from '#domain/training/read.ts';
import { route } from '#functions/http/route.ts';
import { jobPath } from './fields.ts';
import { etagOf, statusAnswer, statusOf } from './status-body.ts';

/** Whether a header `If-None-Match` names the tag, compared weakly as RFC 9110 has it. */
function isKnown(tag: string, header = ''): boolean {
  const opaque = (text: string) => text.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((known) => opaque(known) === opaque(tag));
}

const ETAG = { ETag: 'Changes when anything but `elapsed_time` does' };

export const status = route({
  method: 'GET',
  path: '/training/status/{job_id}',
  summary: 'Check the status of a training job',
  description:
    'To poll, send the `ETag` of the last response as `If-None-Match`: as long as nothing has changed, the answer is a 304 without a body.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: {
    path: jobPath,
    headers: z.object({
      'if-none-match': z.string().max(1000).optional().meta({ description: 'The `ETag` of an earlier response' }),
    }),
  },
  responses: {
    200: { description: 'How far it is', headers: ETAG, schema: statusAnswer },
    304: { description: 'Nothing has changed', headers: ETAG },
  },
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  handler({ resource: job, headers }, { adapters }) {
    const body = statusOf(job, adapters.now());
    const tagged = { headers: { ETag: etagOf(body) } };
    if (isKnown(tagged.headers.ETag, headers['if-none-match'])) return { status: 304, ...tagged };
    return { status: 200, ...tagged, body };
  },
});
