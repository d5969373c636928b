import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyResult } from 'aws-lambda';
import type { OperatorAuthorizer } from '#domain/accounts/operator.ts';
import { functions, type Surface } from '../../topology.ts';
import type { Invoker } from '../invoke/invoker.ts';
import { discardRest, readBody } from './body.ts';
import { ByteBudget } from './byte-budget.ts';
import { pathOf, toProxyEvent, writeResult } from './proxy-event.ts';
import { ResponseStream } from './response-stream.ts';
import { makeRouter } from './route.ts';

export interface ListenerOptions {
  readonly name: string;
  readonly surface: Surface;
  readonly host: string;
  readonly port: number;
  readonly invoker: Invoker;
  /** The largest body that is passed on; a larger one reaches the function empty, with its size in Content-Length. */
  readonly maxBodyBytes: number;
  /** Handles requests that bypass the gateway, such as presigned URLs; false: not such a request. */
  readonly before: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  readonly now: () => number;
  /** Who calls, where that shows from the request itself; see `operator.ts`. */
  readonly authorize: (request: IncomingMessage) => Promise<OperatorAuthorizer | undefined>;
  readonly onError: (error: unknown, where: string) => void;
}

export interface Listener {
  readonly port: number;
  /** Accepts no new connection and resolves when the requests in flight are answered. */
  close(): Promise<void>;
}

/** Serves one surface: turns requests into events, calls the topology's function, and writes its response. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const router = makeRouter(options.surface.routes);
  const budget = new ByteBudget(LARGE_BODIES * options.maxBodyBytes);

  /**
   * The memory to reserve for a request's body. Small bodies reserve none, so that they do not wait behind large ones.
   */
  function claim({ headers }: IncomingMessage): number {
    const chunked = headers['transfer-encoding'] !== undefined;
    const announced = chunked ? options.maxBodyBytes : Number(headers['content-length'] ?? 0);
    return announced <= SMALL_BYTES || announced > options.maxBodyBytes ? 0 : announced;
  }

  async function serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    if (await options.before(request, response)) return;
    const giveBack = await budget.take(claim(request));
    try {
      await forward(request, response, expectsContinue);
    } finally {
      giveBack();
    }
  }

  async function forward(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const path = pathOf(request);
    const match = router(path);
    if (!match) throw new Error(`no route takes ${path}: the topology has to end with {proxy+}`);

    const announced = Number(request.headers['content-length'] ?? 0);
    if (expectsContinue && announced <= options.maxBodyBytes) response.writeContinue();
    const body = await readBody(request, options.maxBodyBytes);
    if (body.kind === 'cut') return void request.destroy();

    const requestId = randomUUID();
    const bytes = body.kind === 'whole' ? body.bytes : Buffer.alloc(0);
    const authorizer = await options.authorize(request);
    const event = toProxyEvent(request, bytes, match, {
      requestId,
      now: options.now(),
      surface: options.name,
      authorizer,
    });
    if (body.kind === 'tooLarge') {
      // A chunked body has no content-length.
      event.headers['content-length'] ??= String(body.bytes);
      response.setHeader('connection', 'close');
      discardRest(request, 4 * options.maxBodyBytes);
    }

    const withBody = request.method !== 'HEAD';
    if (functions[match.function].streams) {
      await options.invoker.stream(match.function, event, new ResponseStream(response, withBody), requestId);
    } else {
      const result = await options.invoker.invoke(match.function, event, requestId);
      writeResult(response, result as APIGatewayProxyResult, withBody);
    }
  }

  const handle = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response, expectsContinue).catch((error: unknown) => {
      options.onError(error, `${request.method} on ${options.name}`);
      if (response.headersSent) return void response.destroy();
      // The gateway's response when a function fails; the function renders its own errors.
      writeResult(response, { statusCode: 502, body: '{"message":"Internal server error"}', headers: JSON_TYPE }, true);
    });
  };

  const server = createServer({ requestTimeout: 300_000, headersTimeout: 30_000 }, handle(false));
  server.on('checkContinue', handle(true));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, exclusive: true }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => close(server),
  };
}

/** Large bodies in flight at once. On its way to a function a body is in memory three or four times. */
const LARGE_BODIES = 2;
const SMALL_BYTES = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
