/** Calls an API as JSON, or with a form; throws what it said where it refused. */
export type Caller = (path: string, body?: object) => Promise<Readonly<Record<string, string>>>;

export const makeCaller = (base: string, token?: string): Caller => {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return async (path, body) => {
    const response = await fetch(base + path, { headers: authorization, ...bodyOf(body, authorization) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
};

function bodyOf(body: object | undefined, headers: Readonly<Record<string, string>>): RequestInit {
  if (body === undefined) return {};
  if (body instanceof FormData) return { method: 'POST', body };
  return { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
