/** What all clients have in common: the same timeouts and retries. */

/** The client options that differ between a deployment and a test. */
export interface ClientOptions {
  readonly region?: string;
  /** Default: AWS's own. With another one, S3 buckets are addressed by path. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Including the first attempt. Default: 4. */
  readonly maxAttempts?: number;
  /** Milliseconds until the response's headers must have arrived. Default: 10 s. */
  readonly requestTimeout?: number;
}

const CONNECTION_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Transfers of files have no time limit; only an idle connection is closed. */
const IDLE_TIMEOUT_MS = 30_000;

/**
 * The clients retry throttled, refused and lost requests with backoff and jitter, within a retry quota that keeps many
 * functions from making an outage worse (`standard` mode).
 */
export function clientConfig(options: ClientOptions = {}) {
  const { region, endpoint, credentials, maxAttempts = 4, requestTimeout = REQUEST_TIMEOUT_MS } = options;
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    // Otherwise every request says which libraries run beside: Powertools writes its name where this is read from.
    userAgentAppId: '',
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 50 },
      httpsAgent: { keepAlive: true, maxSockets: 50 },
    },
  };
}

export function s3Config(options: ClientOptions = {}) {
  const shared = clientConfig(options);
  return {
    ...shared,
    forcePathStyle: options.endpoint !== undefined,
    requestHandler: { ...shared.requestHandler, requestTimeout: 0, socketTimeout: IDLE_TIMEOUT_MS },
    // Otherwise a client that puts to a presigned URL would have to send a checksum of every part.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
}
