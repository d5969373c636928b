/** A client of the platform surface without types, for tests that send what the document does not have. */

/** The API responded with an error: its status and body. */
export class ApiError extends Error {
  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path} answered ${status}: ${body}`);
  }
}

export class Client {
  #base: string;
  #token: string | undefined;

  constructor(base: string) {
    this.#base = base;
  }

  /** Switches to another base URL of the same surface, such as that of a restarted host. */
  useBase(base: string): void {
    this.#base = base;
  }

  get token(): string | undefined {
    return this.#token;
  }

  useToken(token: string): void {
    this.#token = token;
  }

  get<T>(path: string): Promise<T> {
    return this.#json<T>('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    if (body instanceof FormData) return this.#json<T>('POST', path, { body });
    return this.#json<T>('POST', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    });
  }

  put<T>(path: string, body: Uint8Array): Promise<T> {
    return this.#json<T>('PUT', path, {
      headers: { 'content-type': 'application/octet-stream' },
      body: Uint8Array.from(body),
    });
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>('PATCH', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async delete(path: string): Promise<void> {
    await this.#request('DELETE', path);
  }

  async download(path: string): Promise<Uint8Array> {
    const response = await this.#request('GET', path);
    return new Uint8Array(await response.arrayBuffer());
  }

  async #json<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.#request(method, path, init);
    return (await response.json()) as T;
  }

  async #request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`);
    const response = await fetch(`${this.#base}${path}`, { ...init, method, headers });
    if (!response.ok) throw new ApiError(method, path, response.status, await response.text());
    return response;
  }
}
