/** One client per service and process, all with the same patience. */
import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/** What AWS's clients take, as far as it differs between a deployment and a test. */
export interface ClientOptions {
  readonly region?: string;
  /** In place of AWS's own; S3's buckets are then named in the path. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tries in all, 1 or more. Default: 4. */
  readonly maxAttempts?: number;
  /** Milliseconds until the head of an answer has to be there. Default: 10 s. */
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
  /** Closes the connections that were kept alive. */
  destroy(): void;
}

const CONNECTION_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** A part of a file takes as long as its bytes need; only a connection that stands still is given up. */
const IDLE_TIMEOUT_MS = 30_000;

/**
 * Throttled, refused and lost requests are tried again by the client, with backoff and jitter and within a budget that
 * keeps a fleet of functions from making an outage worse (`standard` mode).
 */
export function makeClients(options: ClientOptions = {}): Clients {
  const { region, endpoint, credentials, maxAttempts = 4, requestTimeout = REQUEST_TIMEOUT_MS } = options;
  const shared = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
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
    // A checksum of every part would have to be known to whoever puts to a presigned URL.
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
  };
  return {
    ...clients,
    destroy: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
