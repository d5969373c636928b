/** One client per service and process, all with the same timeouts and retries. */
import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

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

export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly eventbridge: EventBridgeClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly batch: BatchClient;
  readonly secrets: SecretsManagerClient;
  /** Closes idle connections. */
  destroy(): void;
}

const CONNECTION_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Transfers of files have no time limit; only an idle connection is closed. */
const IDLE_TIMEOUT_MS = 30_000;

/**
 * The clients retry throttled, refused and lost requests with backoff and jitter, within a retry quota that keeps many
 * functions from making an outage worse (`standard` mode).
 */
export function makeClients(options: ClientOptions = {}): Clients {
  const { region, endpoint, credentials, maxAttempts = 4, requestTimeout = REQUEST_TIMEOUT_MS } = options;
  const shared = {
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
  const s3 = {
    ...shared,
    forcePathStyle: endpoint !== undefined,
    requestHandler: { ...shared.requestHandler, requestTimeout: 0, socketTimeout: IDLE_TIMEOUT_MS },
    // Otherwise a client that puts to a presigned URL would have to send a checksum of every part.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const clients = {
    dynamodb: new DynamoDBClient(shared),
    s3: new S3Client(s3),
    sqs: new SQSClient(shared),
    eventbridge: new EventBridgeClient(shared),
    kms: new KMSClient(shared),
    lambda: new LambdaClient(shared),
    batch: new BatchClient(shared),
    secrets: new SecretsManagerClient(shared),
  };
  return {
    ...clients,
    destroy: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
