/** Parses the base URL of a platform and checks that it responds. Messages are one line for the user. */
import { isNativeError } from 'node:util/types';

/** A platform responds at once, or after some seconds from a cold start. */
const TIMEOUT_MS = 30_000;
/** Characters of a response to quote in a message. */
const QUOTED = 120;

export class PlatformUrlError extends Error {}

/** Without a trailing slash. Throws `PlatformUrlError` if it is not an HTTP URL. */
export function platformUrl(argument: string | undefined): string {
  const url = argument === undefined ? null : URL.parse(argument);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new PlatformUrlError(
      `BASE_URL must be the http or https URL of a platform, such as http://127.0.0.1:8000; got ${argument ?? 'none'}`,
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new PlatformUrlError(`BASE_URL must end with a path; got ${url.search || url.hash} after it`);
  }
  return withoutSlashes(url.href);
}

function withoutSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

/** Throws `PlatformUrlError` if nothing responds there, or something else than a platform. */
export async function expectPlatform(base: string, timeoutMs: number = TIMEOUT_MS): Promise<void> {
  const { status, text } = await answerOf(base, timeoutMs);
  if (status === 200 && isWelcome(text)) return;
  const quoted = oneLine(text).slice(0, QUOTED);
  throw new PlatformUrlError(`${base} is no platform of Trainyard: it answers ${status} ${quoted}`.trimEnd());
}

async function answerOf(base: string, timeoutMs: number): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(`${base}/`, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') {
      throw new PlatformUrlError(`${base} does not answer within ${timeoutMs / 1000} seconds`);
    }
    throw new PlatformUrlError(`${base} does not answer: ${lineOf(error)}`);
  }
}

function isWelcome(text: string): boolean {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' && message.startsWith('Welcome');
  } catch {
    return false;
  }
}

/** An error in one line: its message and that of its cause. */
export function lineOf(error: unknown): string {
  const { message, cause } = isNativeError(error) ? error : new Error(String(error));
  if (!isNativeError(cause)) return oneLine(message);
  // If a name has several addresses, each has its own error and the aggregate has no message.
  const reasons = 'errors' in cause ? (cause as AggregateError).errors.map((one) => (one as Error).message) : [];
  return oneLine(`${message}: ${cause.message || reasons.join(', ')}`);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
