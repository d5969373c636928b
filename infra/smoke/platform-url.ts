/** The base URL of a platform, as somebody types it, and whether a platform is there. Messages are one line for the user. */
import { isNativeError } from 'node:util/types';

/** A platform answers its welcome at once; a function that slept takes some seconds. */
const PATIENCE_MS = 30_000;
/** Of an answer that is quoted in a message. */
const QUOTED = 120;

export class PlatformUrlError extends Error {}

/** Without the slash at its end. Throws `PlatformUrlError` where it is no URL of HTTP. */
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
  return url.href.replace(/\/+$/, '');
}

/** Throws `PlatformUrlError` where nothing answers there, or something else than a platform. */
export async function expectPlatform(base: string, patienceMs: number = PATIENCE_MS): Promise<void> {
  const { status, text } = await answerOf(base, patienceMs);
  if (status === 200 && isWelcome(text)) return;
  const quoted = oneLine(text).slice(0, QUOTED);
  throw new PlatformUrlError(`${base} is no platform of Trainyard: it answers ${status} ${quoted}`.trimEnd());
}

async function answerOf(base: string, patienceMs: number): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(`${base}/`, { signal: AbortSignal.timeout(patienceMs), redirect: 'manual' });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') {
      throw new PlatformUrlError(`${base} does not answer within ${patienceMs / 1000} seconds`);
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

/** An error in one line: its message, and why its cause says that it came to it. */
export function lineOf(error: unknown): string {
  const { message, cause } = isNativeError(error) ? error : new Error(String(error));
  if (!isNativeError(cause)) return oneLine(message);
  // Where a name has several addresses, each has failed for a reason of its own and the whole has no message.
  const reasons = 'errors' in cause ? (cause as AggregateError).errors.map((one) => (one as Error).message) : [];
  return oneLine(`${message}: ${cause.message || reasons.join(', ')}`);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
