/**
 * Requests of the operator, who works on the machine on which Trainyard runs. The one-machine host marks them in the place
 * where API Gateway puts the result of an authorizer. A client cannot set this, and in the cloud nothing does.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { hashOfKey } from '#domain/accounts/api-keys.ts';
import { operatorAuthorizer } from '#domain/accounts/operator.ts';
import type { Caller, RouteFacts } from '../route.ts';
import { presents } from './credentials.ts';

/** @param headers by lower-case name: credentials among them decide, not where the request comes from */
export function operatorOf(
  event: APIGatewayProxyEvent,
  route: RouteFacts | undefined,
  headers: Readonly<Record<string, string>>,
): Caller | undefined {
  if (!event.requestContext.authorizer) return undefined;
  const parsed = operatorAuthorizer.safeParse(event.requestContext.authorizer);
  if (!parsed.success) return undefined;
  const { accountId, by } = parsed.data;
  const operator = { accountId, scope: 'admin' } as const;
  if (by === 'loopback') return route?.authentication === 'operator' && !presents(headers) ? operator : undefined;
  const key = headers['x-api-key'] ?? headers.authorization?.replace(/^bearer +/i, '') ?? '';
  return { ...operator, keyHash: hashOfKey(key) };
}
