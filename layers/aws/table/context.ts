import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Key } from '#domain/ports/table/port.ts';
import type { Sleep } from '../retry.ts';
import { type Attributes, toAttributes } from './marshalling.ts';

/** What every part of the adapter works with. */
export interface TableContext {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How a retry waits. Default: a timer. */
  readonly sleep?: Sleep;
}

export const keyAttributes = ({ pk, sk }: Key): Attributes => toAttributes({ pk, sk });
