import { z } from 'zod';
import { listNotices, NOTICE_TYPES } from '#domain/notices.ts';
import { route } from '#functions/http/route.ts';
import { id, limit, time } from '../fields.ts';

const notice = z
  .strictObject({
    id,
    type: z.enum(NOTICE_TYPES),
    message: z.string(),
    subject_id: id.meta({ description: 'The id of what it is about' }),
    created_at: time,
  })
  .meta({ id: 'Notice' });

const answer = z.strictObject({ notices: z.array(notice) }).meta({ id: 'NoticeList' });

export const notices = route({
  method: 'GET',
  path: '/account/notices',
  summary: 'What happened without a request and needs attention, newest first',
  description: 'An addition. Such as a webhook that was disabled because its receiver has failed for days.',
  tags: ['Account'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject({ limit }) },
  responses: { 200: { description: 'The newest notices', schema: answer } },
  async handler({ caller, query }, { adapters }) {
    const found = await listNotices(adapters.table, caller.accountId, query.limit);
    return { status: 200, body: { notices: found } };
  },
});
