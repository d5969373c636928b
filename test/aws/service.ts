import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clients, makeClients } from '#aws/clients.ts';

/** One response in the service's wire format, or a closed connection. */
export type Answer = { readonly status: number; readonly body: object; readonly errorType?: string } | 'cut';

export interface ReceivedRequest {
  /** Such as `AmazonSQS.SendMessage`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly userAgent: string;
}

export interface Service {
  readonly clients: Clients;
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** An AWS service that sends the responses of a list, one per request, and then the last one again and again. */
export async function startService(answers: readonly Answer[]): Promise<Service> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const { 'x-amz-target': operation, 'user-agent': userAgent } = request.headers;
    requests.push({ operation: String(operation), input: JSON.parse(text), userAgent: String(userAgent) });
    const answer = answers[Math.min(requests.length, answers.length) - 1]!;
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    const type = answer.errorType === undefined ? {} : { 'x-amzn-errortype': answer.errorType };
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1', ...type });
    response.end(
      JSON.stringify(answer.errorType === undefined ? answer.body : { __type: answer.errorType, ...answer.body }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients = makeClients({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 3,
    requestTimeout: 5000,
  });
  return {
    clients,
    requests,
    close: async () => {
      clients.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const fault = (status: number, errorType: string, message = `said ${errorType}`): Answer => ({
  status,
  errorType,
  body: { message },
});
