import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { APIGatewayProxyResult } from 'aws-lambda';

/** Writes status and headers of a function's response. */
export function writeHead(
  response: ServerResponse,
  { statusCode, headers, multiValueHeaders }: Omit<APIGatewayProxyResult, 'body'>,
  contentLength?: number,
): void {
  const all: Record<string, string | number | boolean | (string | number | boolean)[]> = { ...headers };
  for (const name in multiValueHeaders) all[name] = multiValueHeaders[name]!;
  if (contentLength !== undefined) all['content-length'] = contentLength;
  // The rest of the body is not read, so no other request can follow on this connection.
  if (!response.req.complete) all.connection = 'close';
  // All at once: that is several times faster than one after another.
  response.writeHead(statusCode, all as OutgoingHttpHeaders);
}

export function writeResult(response: ServerResponse, result: APIGatewayProxyResult, withBody: boolean): void {
  // A text goes out together with the head, in one call of the system; bytes take a second one.
  const body = result.isBase64Encoded ? Buffer.from(result.body ?? '', 'base64') : (result.body ?? '');
  const counts = withBody && result.statusCode !== 204 && result.statusCode !== 304;
  writeHead(response, result, counts ? Buffer.byteLength(body) : undefined);
  response.end(withBody ? body : undefined);
}
