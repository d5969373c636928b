import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoTable } from '#aws/table/table.ts';
import { clientConfig } from '../client-options.ts';
import type { Part } from './part.ts';

export const table: Part = ({ variables, options, now }) => ({
  table: new DynamoTable({
    client: new DynamoDBClient(clientConfig(options)),
    tableName: variables.TRAINYARD_TABLE,
    now,
  }),
});
