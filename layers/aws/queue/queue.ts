import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { InternalError } from '#domain/errors.ts';
import { MessageTooLargeError } from '#domain/ports/errors.ts';
import type { Queue, ReceivedMessage, SendOptions } from '#domain/ports/queue/port.ts';
import {
  checkDelay,
  checkGroup,
  checkMessage,
  checkReceive,
  MESSAGE_LIMITS,
  reasonOf,
} from '#domain/ports/queue/rules.ts';
import { type Translations, translateError, translating } from '../vendor.ts';

export interface QueueContext {
  readonly client: SQSClient;
  readonly url: string;
  /** The URL of its dead-letter queue, which `deadLetter` needs. */
  readonly deadLetters?: string;
  /** As in the queue's redrive policy. Default: no limit. */
  readonly maxReceives?: number;
}

const TRANSLATIONS: Translations = {
  MessageTooLong: (message) => new MessageTooLargeError(message),
};

/** The message attribute with the reason why a message was dead-lettered. */
const REASON = 'reason';

/** The names of SQS's errors for a receipt that is no longer valid. */
const STALE = new Set([
  'ReceiptHandleIsInvalid',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'MessageNotInflight',
]);

/**
 * The Queue port on one standard SQS queue. Visibility timeout, redrive policy and encryption are settings of the
 * queue. SQS accepts only characters that XML allows; our bodies are JSON, which escapes the others.
 */
export class SqsQueue implements Queue {
  readonly maxReceives: number;
  readonly #context: QueueContext;

  constructor(context: QueueContext) {
    this.#context = context;
    this.maxReceives = context.maxReceives ?? Number.POSITIVE_INFINITY;
  }

  async send(body: string, { delaySeconds = 0, group }: SendOptions = {}): Promise<void> {
    checkMessage(body);
    checkDelay(delaySeconds);
    checkGroup(group);
    const { client, url } = this.#context;
    const command = new SendMessageCommand({
      QueueUrl: url,
      MessageBody: body,
      ...(delaySeconds === 0 ? {} : { DelaySeconds: Math.ceil(delaySeconds) }),
      // On a standard queue a group does not order messages; it makes the queue fair.
      ...(group === undefined ? {} : { MessageGroupId: group }),
    });
    await translating('SQS', () => client.send(command), TRANSLATIONS);
  }

  async receive(options: { max?: number; visibilitySeconds?: number } = {}): Promise<readonly ReceivedMessage[]> {
    const { max = MESSAGE_LIMITS.received, visibilitySeconds } = options;
    checkReceive({ max, visibilitySeconds });
    const { client, url } = this.#context;
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: Math.floor(max),
      ...(visibilitySeconds === undefined ? {} : { VisibilityTimeout: Math.ceil(visibilitySeconds) }),
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'MessageGroupId'],
      MessageAttributeNames: [REASON],
    });
    const { Messages: messages = [] } = await translating('SQS', () => client.send(command), TRANSLATIONS);
    return messages.map(received);
  }

  async acknowledge(receipt: string): Promise<void> {
    const { client, url } = this.#context;
    await ignoringStale(() => client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receipt })));
  }

  async deadLetter(body: string, reason: string): Promise<void> {
    const { client, url, deadLetters } = this.#context;
    if (deadLetters === undefined) throw new InternalError(`the queue ${url} was given no dead-letter queue`);
    const command = new SendMessageCommand({
      QueueUrl: deadLetters,
      MessageBody: body,
      MessageAttributes: { [REASON]: { DataType: 'String', StringValue: reasonOf(reason) } },
    });
    await translating('SQS', () => client.send(command), TRANSLATIONS);
  }

  async release(receipt: string, delaySeconds: number): Promise<void> {
    checkDelay(delaySeconds, MESSAGE_LIMITS.visibilitySeconds);
    const { client, url } = this.#context;
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: receipt,
      VisibilityTimeout: Math.ceil(delaySeconds),
    });
    await ignoringStale(() => client.send(command));
  }
}

async function ignoringStale(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!STALE.has((error as Error).name)) throw translateError('SQS', error, TRANSLATIONS);
  }
}

function received(message: Message): ReceivedMessage {
  const reason = message.MessageAttributes?.[REASON]?.StringValue;
  const group = message.Attributes?.MessageGroupId;
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    receives: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: Number(message.Attributes?.SentTimestamp ?? 0),
    receipt: message.ReceiptHandle ?? '',
    ...(reason === undefined ? {} : { reason }),
    ...(group === undefined ? {} : { group }),
  };
}
