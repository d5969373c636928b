/** Requests of a member of the team, on every surface. */
import type { SurfaceName } from '#infra/topology.ts';
import type { RunningHost } from '../e2e/running-host.ts';

/** The host went away, or cannot write: nobody knows whether it was done. */
export class UnansweredError extends Error {}

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, which the contract tests check
  readonly body: any;
  readonly bytes: Buffer;
}

export class Calls {
  #host: RunningHost | undefined;
  #token = '';

  use(host: RunningHost): void {
    this.#host = host;
  }

  async login(username: string, password: string): Promise<void> {
    const { status, body } = await this.send('platform', 'POST', '/auth/login', { username, password });
    if (status !== 200) throw new Error(`${username} cannot log in: ${status} ${JSON.stringify(body)}`);
    this.#token = body.access_token;
  }

  /** Throws `UnansweredError` where the host is gone, and for what it could not do at the time (503, 507). */
  async send(surface: SurfaceName, method: string, path: string, body?: unknown): Promise<Answered> {
    const isForm = body instanceof FormData;
    let response: Response;
    let bytes: Buffer;
    try {
      response = await fetch(`${this.#host!.bases[surface]}${path}`, {
        method,
        headers: {
          ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      bytes = Buffer.from(await response.arrayBuffer());
    } catch {
      throw new UnansweredError(`${method} ${path}`);
    }
    const { status } = response;
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const answer = { status, bytes, body: isJson && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : undefined };
    if (status === 503 || status === 507) throw new UnansweredError(`${method} ${path}: ${status}`);
    if (status >= 500)
      throw new Error(`${surface} ${method} ${path} answered ${status}: ${bytes.toString('utf8').slice(0, 500)}`);
    return answer;
  }
}
