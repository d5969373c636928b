/**
 * Requests of the operator, who works on the machine on which Trainyard runs. The one-machine host marks them in the place
 * where API Gateway puts the result of an authorizer. A client cannot set this, and in the cloud nothing does.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { operatorAuthorizer } from '#domain/accounts/operator.ts';
import type { Caller, RouteFacts } from '../route.ts';

/** @param presented whether the request has credentials: then these decide, not where it comes from */
export function operatorOf(
  event: APIGatewayProxyEvent,
  route: RouteFacts | undefined,
  presented: boolean,
): Caller | undefined {
  if (!event.requestContext.authorizer) return undefined;
  const parsed = operatorAuthorizer.safeParse(event.requestContext.authorizer);
  if (!parsed.success) return undefined;
  const { accountId, by } = parsed.data;
  const counts = by === 'key' || (route?.authentication === 'operator' && !presented);
  return counts ? { accountId, scope: 'admin' } : undefined;
}
