import type { APIGatewayProxyEvent } from 'aws-lambda';
import { contentOf, type RequestBody } from '#domain/request-body.ts';
import type { HandlerContext } from '../contract.ts';

/** A request's body: the host's if it reads bodies on demand, otherwise the event's. */
export function requestBody(event: APIGatewayProxyEvent, context: HandlerContext): RequestBody {
  if (context.body) return context.body;
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  return { contentLength: bytes.length, read: () => ({ kind: 'complete', content: contentOf(bytes) }) };
}
