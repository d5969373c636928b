/** One client per service, with the options of a deployment. */
import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type ClientOptions, clientConfig, s3Config } from './client-options.ts';

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

/** All of them: for tests. */
export function makeClients(options: ClientOptions = {}): Clients {
  const shared = clientConfig(options);
  const clients = {
    dynamodb: new DynamoDBClient(shared),
    s3: new S3Client(s3Config(options)),
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
