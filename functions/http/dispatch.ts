/** The innermost part of the stack: runs the route and turns its reply into a response. */
import { Readable } from 'node:stream';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type Awaitable, andThen } from '#domain/awaitable.ts';
import { InternalError } from '#domain/errors.ts';
import { once } from './idempotency.ts';
import { securityHeadersOf } from './middleware/security-headers.ts';
import { type ProxyResponse, stateOf } from './middleware/state.ts';
import type { Reply } from './reply.ts';
import type { Route, RouteFacts, Services } from './route.ts';

export function makeDispatcher<S extends Services>(
  routes: readonly Route<S>[],
  services: S,
): (event: APIGatewayProxyEvent) => Awaitable<ProxyResponse> {
  const answers = new Map<RouteFacts, Answers<S>>(routes.map((route) => [route, answersOf(route)]));
  return (event) => {
    const state = stateOf(event);
    if (state.preflight) {
      const headers = { ...securityHeadersOf(undefined), Allow: state.preflight.allow.join(', ') };
      return { statusCode: 204, headers, body: '' };
    }
    const of = state.route && answers.get(state.route);
    if (!of) throw new InternalError('a request without a route reached the dispatcher');
    const raw = {
      id: state.id,
      sourceIp: event.requestContext.identity.sourceIp,
      path: state.parameters,
      query: queryOf(event),
      headers: state.headers,
      body: state.body,
      caller: state.caller,
    };
    const { route } = of;
    const replying = once(route, raw, services, () => route.run(raw, services));
    return andThen(replying, (reply) => {
      const response = render(of, reply);
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

/** A route, and the headers that its responses begin with, by status. They are made once. */
interface Answers<S extends Services> {
  readonly route: Route<S>;
  readonly heads: Readonly<Record<number, Readonly<Record<string, string>>>>;
}

function answersOf<S extends Services>(route: Route<S>): Answers<S> {
  const heads = Object.entries(route.responses).map(([status, { schema, content }]) => {
    const type = schema ? 'application/json' : content;
    const typed = type === undefined ? {} : { 'Content-Type': type };
    return [status, { ...securityHeadersOf(route), ...typed, 'Cache-Control': 'no-store' }] as const;
  });
  return { route, heads: Object.fromEntries(heads) };
}

function render<S extends Services>({ route, heads }: Answers<S>, reply: Reply): ProxyResponse {
  const { status: statusCode, body } = reply;
  const [declared, head] = [route.responses[statusCode], heads[statusCode]];
  if (!declared) throw new InternalError(`${route.method} ${route.path} answered an undeclared ${statusCode}`);
  const inBytes = body instanceof Uint8Array && declared.schema ? declared.orContent : undefined;
  const headers: Record<string, string> = { ...head, ...reply.headers };
  if (declared.schema && inBytes === undefined) return { statusCode, headers, body: JSON.stringify(body) };
  if (!declared.schema && declared.content === undefined) return { statusCode, headers, body: '' };
  if (typeof body === 'string' || body instanceof Readable) return { statusCode, headers, body };
  if (!(body instanceof Uint8Array)) throw new InternalError(`${route.method} ${route.path} answered no content`);
  if (inBytes !== undefined) headers['Content-Type'] = reply.headers?.['Content-Type'] ?? inBytes;
  return { statusCode, headers, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}

function withoutBody(response: ProxyResponse): ProxyResponse {
  if (response.body instanceof Readable) response.body.destroy();
  return { statusCode: response.statusCode, headers: response.headers, body: '' };
}
