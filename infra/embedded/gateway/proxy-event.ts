import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { OperatorAuthorizer } from '#domain/accounts/operator.ts';
import { clientAddress } from './client-address.ts';
import type { Match } from './route.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/**
 * A request as API Gateway's REST API passes it to a function (payload format 1.0), without the body: the function reads
 * it from the context.
 */
export function toProxyEvent(
  request: IncomingMessage,
  path: string,
  match: Match,
  context: {
    requestId: string;
    now: number;
    surface: string;
    trustedProxies: TrustedProxies;
    authorizer?: OperatorAuthorizer | undefined;
  },
): APIGatewayProxyEvent {
  const headers = valuesByName(request.rawHeaders);
  const search = searchOf(request);
  const query = search === '' ? undefined : valuesByName([...new URLSearchParams(search)].flat());
  const method = request.method ?? 'GET';
  return {
    resource: match.resource,
    path,
    httpMethod: method,
    headers: headers.last,
    multiValueHeaders: headers.all,
    queryStringParameters: query?.last ?? null,
    multiValueQueryStringParameters: query?.all ?? null,
    pathParameters: match.pathParameters,
    stageVariables: null,
    body: null,
    isBase64Encoded: false,
    requestContext: {
      accountId: 'local',
      apiId: context.surface,
      authorizer: context.authorizer ?? null,
      protocol: `HTTP/${request.httpVersion}`,
      httpMethod: method,
      identity: {
        ...NO_IDENTITY,
        sourceIp: clientAddress(request, context.trustedProxies),
        userAgent: request.headers['user-agent'] ?? null,
      },
      path,
      stage: 'local',
      requestId: context.requestId,
      requestTimeEpoch: context.now,
      resourceId: match.resource,
      resourcePath: match.resource,
    },
  };
}

interface Values {
  readonly last: Record<string, string>;
  readonly all: Record<string, string[]>;
}

/**
 * Also of names that every object has: these have none, so that they are names like any other.
 * @param pairs names and values in turn
 */
function valuesByName(pairs: readonly string[]): Values {
  const last: Values['last'] = Object.create(null);
  const all: Values['all'] = Object.create(null);
  for (let i = 0; i < pairs.length; i += 2) {
    const [name, value] = [pairs[i]!, pairs[i + 1]!];
    last[name] = value;
    const list = all[name];
    if (list) list.push(value);
    else all[name] = [value];
  }
  return { last, all };
}

/** The path as sent, still percent-encoded; a leading `//` does not begin a host name. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}

/** Without the question mark; '' if there is none. */
function searchOf({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

const NO_IDENTITY = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
};

/** Writes status and headers of a function's response, and the further ones. */
export function writeHead(
  response: ServerResponse,
  { statusCode, headers = {}, multiValueHeaders = {} }: Omit<APIGatewayProxyResult, 'body'>,
  further: readonly string[] = [],
): void {
  const pairs = [...further];
  for (const name in headers) pairs.push(name, String(headers[name]));
  for (const name in multiValueHeaders) {
    for (const value of multiValueHeaders[name]!) pairs.push(name, String(value));
  }
  // The rest of the body is not read, so no other request can follow on this connection.
  if (!response.req.complete) pairs.push('connection', 'close');
  // All at once: that is several times faster than one after another.
  response.writeHead(statusCode, pairs);
}

export function writeResult(response: ServerResponse, result: APIGatewayProxyResult, withBody: boolean): void {
  // A text goes out together with the head, in one call of the system; bytes take a second one.
  const body = result.isBase64Encoded ? Buffer.from(result.body ?? '', 'base64') : (result.body ?? '');
  const counts = withBody && result.statusCode !== 204 && result.statusCode !== 304;
  writeHead(response, result, counts ? ['content-length', String(Buffer.byteLength(body))] : []);
  response.end(withBody ? body : undefined);
}
