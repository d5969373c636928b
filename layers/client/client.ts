/**
 * A client of a surface, typed by its OpenAPI document: `makeClient<paths>(base)` with the `paths` of `./SURFACE/schema.ts`,
 * which `npm run client` generates. It runs in Node.js and in browsers.
 */
import createClient, { type Client } from 'openapi-fetch';

/** The API answered with an error: its status and body. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: string;

  constructor({ method, url }: Request, status: number, body: string) {
    super(`${method} ${new URL(url).pathname} answered ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

export interface Credentials {
  /** An access token, or an API key. */
  token?: string | undefined;
}

/**
 * `base` is the surface's URL; `credentials` is read at each call, so a token may be assigned, or replaced, later on. A body
 * with a `Blob` in it is sent as a form, any other as JSON.
 */
export function makeClient<Paths extends object>(base: string, credentials: Credentials = {}): Client<Paths> {
  const client = createClient<Paths>({ baseUrl: base, bodySerializer });
  client.use({
    onRequest({ request }) {
      if (credentials.token !== undefined) request.headers.set('authorization', `Bearer ${credentials.token}`);
      return request;
    },
    async onResponse({ request, response }) {
      if (!response.ok) throw new ApiError(request, response.status, await response.text());
    },
  });
  return client;
}

/** The body of a call's answer. Rejects with `ApiError` if it is an error. */
export async function answer<T>(call: Promise<{ readonly data?: T; readonly error?: unknown }>): Promise<T> {
  // An error has been thrown by then.
  return (await call).data as T;
}

function bodySerializer(body: unknown): FormData | string {
  const fields = Object.entries(body as Readonly<Record<string, unknown>>);
  if (!fields.some(([, value]) => value instanceof Blob)) return JSON.stringify(body);
  const form = new FormData();
  for (const [name, value] of fields) {
    if (value instanceof Blob) form.append(name, value);
    else if (value !== undefined) form.append(name, String(value));
  }
  return form;
}
