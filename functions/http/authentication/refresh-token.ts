import { z } from 'zod';

const body = z.object({ refresh_token: z.string().min(1) });

/**
 * The refresh token in a body, read before the body is validated so that the request counts for the token's account;
 * `undefined` if there is none. The route says what is wrong with the body.
 */
export function refreshTokenIn(bytes: Uint8Array): string | undefined {
  try {
    return body.parse(JSON.parse(new TextDecoder().decode(bytes))).refresh_token;
  } catch {
    return undefined;
  }
}
