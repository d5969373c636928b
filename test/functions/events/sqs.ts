import type { SQSEvent } from 'aws-lambda';

/** A batch as SQS delivers it; strings are bodies, anything else is written as JSON. */
export function batchOf(bodies: readonly unknown[], receives = 1, name = 'message'): SQSEvent {
  return {
    Records: bodies.map((body, i) => ({
      messageId: `${name}-${i}`,
      receiptHandle: `receipt-${i}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: '0',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:local:000000000000:queue',
      awsRegion: 'local',
    })),
  };
}
