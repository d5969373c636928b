import { buckets, queues } from '#infra/topology.ts';

const upper = (name: string): string => name.toUpperCase();

/** The variables that a bundle reads, with placeholders: it calls nothing before it is invoked. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  AWS_REGION: 'eu-west-1',
  TRAINYARD_TABLE: 'table',
  ...Object.fromEntries(buckets.map((name) => [`TRAINYARD_BUCKET_${upper(name)}`, name])),
  ...Object.fromEntries(
    Object.keys(queues).map((name) => [
      `TRAINYARD_QUEUE_${upper(name)}`,
      `https://sqs.eu-west-1.amazonaws.com/111122223333/${name}`,
    ]),
  ),
  TRAINYARD_BUS: 'bus',
  TRAINYARD_KEY_TOKENS: 'key',
  TRAINYARD_KEY_DATA: 'key',
};

/** As a module: the global that only Lambda's runtime has. */
export const LAMBDA_RUNTIME = `globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' }),
};`;
