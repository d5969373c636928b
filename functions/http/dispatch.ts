/** The innermost part of the stack: runs the route and turns its reply into a response. */
import { Readable } from 'node:stream';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type Awaitable, andThen } from '#domain/awaitable.ts';
import { InternalError } from '#domain/errors.ts';
import { once } from './idempotency.ts';
import { type ProxyResponse, stateOf } from './middleware/state.ts';
import type { Reply } from './reply.ts';
import type { Route, RouteFacts, Services } from './route.ts';

export function makeDispatcher<S extends Services>(
  routes: readonly Route<S>[],
  services: S,
): (event: APIGatewayProxyEvent) => Awaitable<ProxyResponse> {
  const byFacts = new Map<RouteFacts, Route<S>>(routes.map((route) => [route, route]));
  return (event) => {
    const state = stateOf(event);
    if (state.preflight) return { statusCode: 204, headers: { Allow: state.preflight.allow.join(', ') }, body: '' };
    const route = state.route && byFacts.get(state.route);
    if (!route) throw new InternalError('a request without a route reached the dispatcher');
    const raw = {
      id: state.id,
      sourceIp: event.requestContext.identity.sourceIp,
      path: state.parameters,
      query: queryOf(event),
      headers: state.headers,
      body: state.body,
      caller: state.caller,
    };
    const replying = once(route, raw, services, () => route.run(raw, services));
    return andThen(replying, (reply) => {
      const response = render(route, reply);
      return event.httpMethod === 'HEAD' ? withoutBody(response) : response;
    });
  };
}

const NO_QUERY = {};

function queryOf(event: APIGatewayProxyEvent): Record<string, readonly string[]> {
  if (!event.multiValueQueryStringParameters && !event.queryStringParameters) return NO_QUERY;
  const multiple = Object.entries(event.multiValueQueryStringParameters ?? {});
  const single = Object.entries(event.queryStringParameters ?? {});
  return Object.fromEntries([
    ...single.map(([name, value = '']) => [name, [value]] as const),
    ...multiple.map(([name, values = []]) => [name, values] as const),
  ]);
}

function render(route: RouteFacts, reply: Reply): ProxyResponse {
  const declared = route.responses[reply.status];
  if (!declared) throw new InternalError(`${route.method} ${route.path} answered an undeclared ${reply.status}`);
  const { status: statusCode, body } = reply;
  const inBytes = body instanceof Uint8Array && declared.schema ? declared.orContent : undefined;
  const type = declared.schema ? (inBytes ?? 'application/json') : declared.content;
  const typed = type === undefined ? {} : { 'Content-Type': type };
  const headers = { ...typed, 'Cache-Control': 'no-store', ...reply.headers };
  if (declared.schema && inBytes === undefined) return { statusCode, headers, body: JSON.stringify(body) };
  if (type === undefined) return { statusCode, headers, body: '' };
  const content = { statusCode, headers };
  if (typeof body === 'string' || body instanceof Readable) return { ...content, body };
  if (!(body instanceof Uint8Array)) throw new InternalError(`${route.method} ${route.path} answered no content`);
  return { ...content, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}

function withoutBody(response: ProxyResponse): ProxyResponse {
  if (response.body instanceof Readable) response.body.destroy();
  return { statusCode: response.statusCode, headers: response.headers, body: '' };
}
