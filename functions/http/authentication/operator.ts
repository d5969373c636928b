/**
 * Whoever works at the machine that Trainyard runs on is its operator. The one-machine host tells which requests are the
 * operator's, where API Gateway would put what an authorizer found out; a client has no way to put anything there, and in
 * the cloud nothing does.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { operatorAuthorizer } from '#domain/accounts/operator.ts';
import type { Caller, RouteFacts } from '../route.ts';

/** @param presented whether the request brings credentials: then it is whose they are, not the operator's by its place */
export function operatorOf(
  event: APIGatewayProxyEvent,
  route: RouteFacts | undefined,
  presented: boolean,
): Caller | undefined {
  const parsed = operatorAuthorizer.safeParse(event.requestContext.authorizer);
  if (!parsed.success) return undefined;
  const { accountId, by } = parsed.data;
  const counts = by === 'key' || (route?.authentication === 'operator' && !presented);
  return counts ? { accountId, scope: 'admin' } : undefined;
}
