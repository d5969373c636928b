import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { OperatorAuthorizer } from '#domain/accounts/operator.ts';
import { clientAddress } from './client-address.ts';
import type { Match } from './route.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

export interface EventContext {
  readonly requestId: string;
  readonly now: number;
  readonly surface: string;
  readonly trustedProxies: TrustedProxies;
  readonly authorizer?: OperatorAuthorizer | undefined;
}

/**
 * A request as API Gateway's REST API passes it to a function (payload format 1.0), without the body: the function reads
 * it from the context. What few functions look at is made when they do.
 */
export class ProxyEvent implements APIGatewayProxyEvent {
  readonly resource: string;
  readonly path: string;
  readonly httpMethod: string;
  readonly headers: Record<string, string>;
  readonly pathParameters: Record<string, string> | null;
  readonly requestContext: APIGatewayProxyEvent['requestContext'];
  readonly stageVariables = null;
  readonly body = null;
  readonly isBase64Encoded = false;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, path: string, { resource, pathParameters }: Match, context: EventContext) {
    const { method = 'GET' } = request;
    this.#request = request;
    this.resource = resource;
    this.path = path;
    this.httpMethod = method;
    this.headers = headersOf(request);
    this.pathParameters = pathParameters;
    this.requestContext = {
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
      resourceId: resource,
      resourcePath: resource,
    };
  }

  get multiValueHeaders(): Record<string, string[]> {
    return valuesByName(this.#request.rawHeaders).all;
  }

  get queryStringParameters(): Record<string, string> | null {
    return this.#query?.last ?? null;
  }

  get multiValueQueryStringParameters(): Record<string, string[]> | null {
    return this.#query?.all ?? null;
  }

  get #query(): Values | undefined {
    const search = searchOf(this.#request);
    return search === '' ? undefined : valuesByName([...new URLSearchParams(search)].flat());
  }

  /** With all that is made when it is looked at, for another thread. */
  whole(): APIGatewayProxyEvent {
    const { multiValueHeaders, queryStringParameters, multiValueQueryStringParameters } = this;
    return { ...this, multiValueHeaders, queryStringParameters, multiValueQueryStringParameters };
  }
}

/**
 * The last value of each name. Where no name is there twice, as Node.js has them, by names in lower case: of several it drops
 * or joins some, and it takes what every object has for a header that came before.
 */
function headersOf({ headers, rawHeaders }: IncomingMessage): Record<string, string> {
  let count = 0;
  for (const name in headers) {
    if (typeof headers[name] !== 'string' || name in Object.prototype) return valuesByName(rawHeaders).last;
    count += 2;
  }
  return count === rawHeaders.length ? (headers as Record<string, string>) : valuesByName(rawHeaders).last;
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
