/** Examples of an API's document, each as a test: what is sent to a real host, and what has to come back. */
import { expect, test } from '@jest/globals';
import { mismatches, type Shape } from './shape.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly token?: string;
  /** An API key. */
  readonly key?: string;
  /** Sent as JSON; a form as multipart. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or `undefined` for an empty body and for a file. */
  readonly body: unknown;
}

export interface Example {
  /** As the document names the operation. */
  readonly name: string;
  /** Called when its turn has come, so that it may use what earlier examples made. */
  readonly call: () => Call;
  readonly status: number;
  /** Missing where the document says that there is no content. */
  readonly body?: Shape;
  /** Patterns of the headers' values. */
  readonly headers?: Readonly<Record<string, RegExp>>;
  /** What later examples use of the answer, or a rule that no shape can say. */
  readonly after?: (body: never) => void;
}

export async function send(base: string, { method, path, token, key, body }: Call): Promise<Answer> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type')?.startsWith('application/json') && text !== '';
  return { status, headers, body: isJson ? JSON.parse(text) : undefined };
}

/** Runs them in their order against the host at `base()`. */
export function runExamples(base: () => string, examples: readonly Example[]): void {
  test.each(examples)('$name', async ({ call, status, body: shape, headers, after }) => {
    const { body, ...answer } = await send(base(), call());
    expect([answer.status, body]).toEqual([status, shape === undefined ? undefined : expect.anything()]);
    if (shape !== undefined) {
      expect(mismatches(shape, body)).toEqual([]);
      expect(answer.headers.get('content-type')).toBe('application/json');
    }
    for (const [name, pattern] of Object.entries(headers ?? {})) {
      expect([name, answer.headers.get(name)]).toEqual([name, expect.stringMatching(pattern)]);
    }
    after?.(body as never);
  });
}
