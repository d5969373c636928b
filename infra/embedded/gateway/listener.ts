import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { type Awaitable, andThen, isPromise } from '#domain/awaitable.ts';
import { isoTime } from '#domain/times.ts';
import { FAILED, gatewayErrorBody } from '../../gateway-errors.ts';
import { functions, type Surface, type SurfaceName } from '../../topology.ts';
import type { Invoker } from '../invoke/invoker.ts';
import { Connections } from './connections.ts';
import { ARRIVED_BYTES, IncomingBody } from './incoming-body.ts';
import { limitResponse } from './limit-response.ts';
import type { Authorize } from './operator.ts';
import { ProxyEvent, pathOf } from './proxy-event.ts';
import { ConnectionClosed, ResponseStream } from './response-stream.ts';
import { makeRouter } from './route.ts';
import type { SharedLimits } from './shared-limits.ts';
import type { TrustedProxies } from './trusted-proxies.ts';
import { writeResult } from './write-result.ts';

export interface ListenerOptions {
  readonly name: SurfaceName;
  readonly surface: Surface;
  readonly host: string;
  readonly port: number;
  readonly invoker: Invoker;
  readonly limits: SharedLimits;
  /** Where large bodies are stored until they are processed. */
  readonly spoolFolder: string;
  readonly trustedProxies: TrustedProxies;
  /** Runs the handler of a request with the base URL for URLs that are presigned meanwhile. */
  readonly withBaseUrl: <T>(request: IncomingMessage, handle: () => Promise<T>) => Promise<T>;
  /** Handles requests that bypass the gateway, such as presigned URLs; false: not such a request. */
  readonly before: (
    request: IncomingMessage,
    response: ServerResponse,
    body: () => AsyncIterable<Uint8Array>,
  ) => Promise<boolean> | boolean;
  readonly now: () => number;
  /** Who calls, where that shows from the request itself; see `operator.ts`. */
  readonly authorize: (request: IncomingMessage) => ReturnType<Authorize>;
  readonly onError: (error: unknown, where: string) => void;
}

export interface Listener {
  readonly port: number;
  /**
   * Accepts no new connection and resolves when the requests in flight are answered. Bodies that are not received
   * within seconds are aborted.
   */
  close(): Promise<void>;
}

/** Serves one surface: turns requests into events, calls the topology's function, and writes its response. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { invoker, spoolFolder } = options;
  const { limits, bodies } = options.limits;
  const router = makeRouter(options.surface.routes);
  /** Of the requests in flight. */
  const pending = new Set<IncomingBody>();
  const streams = new Set<ResponseStream>();

  /** For responses to requests whose functions fail. */
  const requestIds = new WeakMap<IncomingMessage, string>();

  async function serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const sendContinue = expectsContinue ? () => response.writeContinue() : NOTHING;
    const body = new IncomingBody(request, { limits, bodies, spoolFolder, sendContinue });
    pending.add(body);
    try {
      const before = options.before(request, response, () => body.stream());
      if (isPromise(before) ? await before : before) return;
      const forwarding = forward(request, response, body);
      if (isPromise(forwarding)) await forwarding;
    } finally {
      pending.delete(body);
      const releasing = body.release();
      if (releasing) await releasing;
    }
  }

  function forward(request: IncomingMessage, response: ServerResponse, body: IncomingBody): Awaitable<void> {
    const path = pathOf(request);
    const match = router(path);
    if (!match) throw new Error(`no route takes ${path}: the topology has to end with {proxy+}`);
    const requestId = randomUUID();
    requestIds.set(request, requestId);
    return andThen(options.authorize(request), (authorizer) => {
      const event = new ProxyEvent(request, path, match, {
        requestId,
        now: options.now(),
        surface: options.name,
        trustedProxies: options.trustedProxies,
        authorizer,
      });
      const withBody = request.method !== 'HEAD';
      if (functions[match.function].streams) {
        const stream = new ResponseStream(response, withBody);
        streams.add(stream);
        response.once('close', () => streams.delete(stream));
        return invoker.stream(match.function, event, stream, { requestId, body });
      }
      const caller = callerOf(request) ?? event.requestContext.identity.sourceIp;
      return andThen(invoker.invoke(match.function, event, { requestId, body, caller }), (result) =>
        writeResult(response, result as APIGatewayProxyResult, withBody),
      );
    });
  }

  const handle = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    // A client that disconnects is an error of the body, for whoever reads it.
    request.on('error', NOTHING);
    const tracked = connections.track(request, response);
    if (tracked === 'closed') return;
    if (tracked !== 'tracked') return writeResult(response, limitResponse(tracked), true);
    if (hasSeveralHosts(request)) return writeResult(response, SEVERAL_HOSTS, true);
    if (expectsContinue || !comesWithBody(request)) return void begin(request, response, expectsContinue);
    arriving.push(request, response);
    if (arriving.length === 2) setImmediate(beginArrived);
  };

  /** Requests and their responses, in turn: their bodies are parsed by the end of this turn of the event loop. */
  let arriving: (IncomingMessage | ServerResponse)[] = [];

  function beginArrived(): void {
    const all = arriving;
    arriving = [];
    for (let at = 0; at < all.length; at += 2) {
      void begin(all[at] as IncomingMessage, all[at + 1] as ServerResponse, false);
    }
  }

  const begin = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> =>
    options
      .withBaseUrl(request, () => serve(request, response, expectsContinue))
      .catch((error: unknown) => fail(request, response, error));

  function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    // The end of a stream of events, usually.
    if (error instanceof ConnectionClosed) return;
    options.onError(error, `${request.method} on ${options.name}`);
    if (response.headersSent) return void response.destroy();
    // The gateway's response when a function fails, or does not answer in time; the function renders its own errors.
    const of = { id: requestIds.get(request) ?? randomUUID(), time: isoTime(options.now()) };
    const headers = { ...JSON_TYPE, 'retry-after': String(FAILED.retryAfter) };
    const body = gatewayErrorBody(options.name, { code: FAILED_STATUS, ...FAILED }, of);
    writeResult(response, { statusCode: FAILED_STATUS, body, headers }, true);
  }

  // The time for a whole body is not limited: it only has to make progress.
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: HEADERS_MS,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: CHECK_MS,
  });
  const connections = new Connections(server, options.limits, options.trustedProxies);
  server.on('request', handle(false)).on('checkContinue', handle(true));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, exclusive: true }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      const closed = close(server, connections, pending, limits.closeSeconds);
      for (const stream of streams) stream.close();
      return closed;
    },
  };
}

const NOTHING = (): void => {};

const FAILED_STATUS = 502;
const HEADERS_MS = 30_000;
const CHECK_MS = 5000;
/**
 * Longer than proxies keep an idle connection (nginx and AWS one minute, Caddy two). If the host closed it first, just as
 * a proxy sends the next request on it, that request would become a 502.
 */
const IDLE_MS = 125_000;
const JSON_TYPE = { 'content-type': 'application/json' };
const SEVERAL_HOSTS: APIGatewayProxyResult = {
  statusCode: 400,
  headers: { ...JSON_TYPE, connection: 'close' },
  body: '{"message":"A request must have one Host header; got several"}',
};

/**
 * Whether a small body follows, which usually is there already and only has to be parsed: that is done at the end of this
 * turn of the event loop, and to wait for it as for one that is on its way would take longer than a small request.
 */
function comesWithBody({ headers }: IncomingMessage): boolean {
  const bytes = Number(headers['content-length'] ?? 0);
  return bytes > 0 && bytes <= ARRIVED_BYTES && headers['transfer-encoding'] === undefined;
}

/** Whoever sends the same credentials is one caller, wherever from; whether they are right is not known yet. */
const callerOf = ({ headers }: IncomingMessage): string | undefined =>
  headers.authorization ?? headers['x-api-key']?.toString();

/** HTTP refuses them (RFC 9112, section 3.2): a proxy may have gone by another one than we would. */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.length === 4 && rawHeaders[at]!.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}

function close(server: Server, connections: Connections, pending: ReadonlySet<IncomingBody>, seconds: number) {
  return new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      for (const body of pending) body.stop();
    }, seconds * 1000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    connections.close();
  });
}
