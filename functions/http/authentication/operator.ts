/**
 * Whoever works at the machine that Trainyard runs on is its operator. The one-machine host tells which requests are the
 * operator's, where API Gateway would put what an authorizer found out; a client has no way to put anything there, and in
 * the cloud nothing does.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { z } from 'zod';
import type { Caller, RouteFacts } from '../route.ts';

const vouched = z.object({
  principalId: z.literal('operator'),
  accountId: z.string(),
  /** `key`: one of the operator's API keys came. `loopback`: the call comes from a program on this machine. */
  by: z.enum(['key', 'loopback']),
});
export type OperatorAuthorizer = z.infer<typeof vouched>;

/** @param presented whether the request brings credentials: then it is whose they are, not the operator's by its place */
export function operatorOf(
  event: APIGatewayProxyEvent,
  route: RouteFacts | undefined,
  presented: boolean,
): Caller | undefined {
  const parsed = vouched.safeParse(event.requestContext.authorizer);
  if (!parsed.success) return undefined;
  const { accountId, by } = parsed.data;
  const counts = by === 'key' || (route?.authentication === 'operator' && !presented);
  return counts ? { accountId, scope: 'admin' } : undefined;
}
