/** The surfaces in this process, on the real embedded adapters: a test sends events, and every response is checked. */
import { types } from 'node:util';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { LIMITS } from '#domain/limits.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { parseSettings, type Settings } from '#domain/settings.ts';
import type { HttpHandler, Log } from '#functions/http/contract.ts';
import { type Matcher, makeMatcher } from '#functions/http/match.ts';
import type { Services } from '#functions/http/route.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import type { SurfaceName } from '#infra/topology.ts';
import { NOW, openStore, type Store } from '#test/domain/store.ts';
import { SURFACES } from '#test/functions/surfaces.ts';

export interface Call {
  /** Default: the platform. */
  readonly surface?: SurfaceName;
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged; bytes in Base64, as API Gateway sends them. */
  readonly raw?: string | Uint8Array;
  readonly ip?: string;
  /** The account of the operator, for a call as one machine marks it: from a program on it, without credentials. */
  readonly operator?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // The tests read bodies of many shapes, each of which was checked against its schema before.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

export interface Platform {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: { now: number };
  /** Every line logged, as JSON. */
  readonly logged: string[];
  /** Calls of the Table since `calls.length = 0`, such as `get ACCOUNT#…`. */
  readonly calls: string[];
  call(call: Call, handler?: HttpHandler): Promise<Answer>;
  /** An account that is logged in: its token. */
  login(name?: string): Promise<string>;
  close(): Promise<void>;
}

export const FAST_ARGON2 = { memoryKiB: 64, passes: 1 };

export async function openPlatform(
  given: Parameters<typeof parseSettings>[0] = {},
  change: (adapters: Adapters) => Adapters = (adapters) => adapters,
): Promise<Platform> {
  const clock = { now: NOW };
  const store = await openStore(() => clock.now);
  const calls: string[] = [];
  const logged: string[] = [];
  const adapters = change({ ...store, table: counted(store.table, calls) });
  const settings = parseSettings({ argon2: FAST_ARGON2, ...given });
  const logger = capture(logged);
  const handlers = new Map<SurfaceName, HttpHandler>();
  const handlerOf = (surface: SurfaceName): HttpHandler => {
    const { function: name, makeHandler } = SURFACES[surface];
    const handler = handlers.get(surface) ?? makeHandler(permitted(name, adapters), { settings, logger });
    handlers.set(surface, handler);
    return handler;
  };
  const platform: Platform = {
    store,
    settings,
    clock,
    logged,
    calls,
    async call(call, handler = handlerOf(call.surface ?? 'platform')) {
      const result = await handler(makeEvent(call), context);
      const text = result.isBase64Encoded ? Buffer.from(result.body, 'base64').toString('latin1') : result.body;
      const headers = Object.fromEntries(Object.entries(result.headers ?? {}).map(([k, v]) => [k, String(v)]));
      const body = headers['Content-Type'] === 'application/json' && text !== '' ? JSON.parse(text) : undefined;
      checkAnswer(call, result.statusCode, body);
      if (result.statusCode >= 400) expectSmall(text);
      return { status: result.statusCode, headers, text, body };
    },
    async login(name = 'ada') {
      const password = 'correct horse';
      const account = { username: name, email: `${name}@example.com`, password, full_name: 'Ada Lovelace' };
      // An address for each, so that tests do not share a rate limit.
      const ip = `10.0.0.${name.length}`;
      await platform.call({ method: 'POST', path: '/auth/register', json: account, ip });
      const answer = await platform.call({
        method: 'POST',
        path: '/auth/login',
        json: { username: name, password },
        ip,
      });
      return answer.body.access_token;
    },
    close: () => store.close(),
  };
  return platform;
}

const matchers = Object.fromEntries(
  Object.entries(SURFACES).map(([name, { described }]) => [name, makeMatcher(described)]),
) as Record<SurfaceName, Matcher<Services>>;

/** Every response must be one that the route declares, and every error in the specification's format. */
function checkAnswer({ surface = 'platform', method = 'GET', path }: Call, status: number, body: unknown): void {
  if (status >= 400) {
    if (method !== 'HEAD') SURFACES[surface].errorsAt(path).schema.parse(body);
    return;
  }
  if (/^\/(openapi\.json|docs|redoc)/.test(path) || method === 'OPTIONS' || method === 'HEAD') return;
  const found = matchers[surface](method, path);
  if ('preflight' in found) return;
  const declared = found.route.responses[status];
  if (!declared) throw new Error(`${method} ${path} answered ${status}, which it has not declared`);
  const inBytes = body === undefined && declared.schema && declared.orContent !== undefined;
  if (!inBytes) declared.schema?.parse(body);
  if (!declared.schema && !declared.content && body !== undefined) throw new Error(`${path} answered a body`);
}

function expectSmall(errorBody: string): void {
  const bytes = Buffer.byteLength(errorBody);
  if (bytes > LIMITS.error.bytes) throw new Error(`an error body must have ${LIMITS.error.bytes} bytes; got ${bytes}`);
}

const context: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'platform-api',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:local:0:function:platform-api',
  memoryLimitInMB: '1024',
  awsRequestId: 'lambda-request',
  logGroupName: '',
  logStreamName: '',
  getRemainingTimeInMillis: () => 29_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

let requests = 0;

export function makeEvent(call: Call): APIGatewayProxyEvent {
  const { method = 'GET', path, query = {}, token, json, raw, ip = '192.0.2.1', operator } = call;
  const headers: Record<string, string> = {
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...call.headers,
  };
  const many = Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? [value] : [...value]]),
  );
  const text = json === undefined ? raw : JSON.stringify(json);
  const bytes = text instanceof Uint8Array;
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: Object.fromEntries(Object.entries(many).map(([name, values]) => [name, values.at(-1)])),
    multiValueQueryStringParameters: many,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    body: text === undefined ? null : bytes ? Buffer.from(text).toString('base64') : text,
    isBase64Encoded: bytes,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      authorizer: operator === undefined ? {} : { principalId: 'operator', accountId: operator, by: 'loopback' },
      protocol: 'HTTP/1.1',
      httpMethod: method,
      identity: { ...NOBODY, sourceIp: ip },
      path,
      stage: 'local',
      requestId: `request-${++requests}`,
      requestTimeEpoch: NOW,
      resourceId: 'proxy',
      resourcePath: '/{proxy+}',
    },
  };
}

const NOBODY = {
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
  userAgent: null,
  userArn: null,
};

function capture(lines: string[]): Log {
  const add = (...parts: unknown[]) => {
    lines.push(
      JSON.stringify(parts, (_, value) => (types.isNativeError(value) ? `${value.stack} ${value.message}` : value)),
    );
  };
  return { debug: add, info: add, warn: add, error: add };
}

/** A Table that records its calls. */
function counted(table: Table, calls: string[]): Table {
  const record = <T>(call: string, answer: T): T => {
    calls.push(call);
    return answer;
  };
  return {
    get: (key) => record(`get ${key.pk} ${key.sk}`, table.get(key)),
    getMany: (keys) => record(`getMany ${keys.length}`, table.getMany(keys)),
    query: (query) => record(`query ${query.partition}`, table.query(query)),
    put: (item, condition) => record(`put ${item.pk}`, table.put(item, condition)),
    update: (key, change, condition) => record(`update ${key.pk}`, table.update(key, change, condition)),
    increment: (key, name, expiresAt) => record(`increment ${key.pk}`, table.increment(key, name, expiresAt)),
    counters: (partition, prefix) => record(`counters ${partition} ${prefix}`, table.counters(partition, prefix)),
    deleteCounters: (partition) => record(`deleteCounters ${partition}`, table.deleteCounters(partition)),
    delete: (key, condition) => record(`delete ${key.pk}`, table.delete(key, condition)),
    transact: (writes, token) => record(`transact ${writes.length}`, table.transact(writes, token)),
  };
}
