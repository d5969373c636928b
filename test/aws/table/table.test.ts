import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, expect, test } from '@jest/globals';
import { tableDefinition } from '#aws/table/definition.ts';
import { DynamoTable } from '#aws/table/table.ts';
import { catalogConformance } from '../../conformance/catalog.ts';
import { listsConformance } from '../../conformance/lists/index.ts';
import { outboxConformance } from '../../conformance/outbox.ts';
import { tableConformance } from '../../conformance/table/index.ts';
import { type TableSubject, testClock } from '../../conformance/table/subject.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const local = await startDynamoDbLocal();

if (typeof local === 'string') {
  const isRequired = process.env.CI === 'true';
  process.stderr.write(
    `\n${local}: the Table port on DynamoDB is ${isRequired ? 'untested, and CI requires it' : 'skipped'}\n`,
  );
  (isRequired ? test : test.skip)('Table on DynamoDB', () => expect(local).toBe('started'));
} else {
  afterAll(() => local.stop());
  const open = async (tableName: string): Promise<TableSubject> => {
    const clock = testClock();
    const client = local.client();
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
    return {
      table: new DynamoTable({ client, tableName, now: clock.now }),
      other: new DynamoTable({ client: local.client(), tableName, now: clock.now }),
      advance: clock.advance,
      seconds: clock.seconds,
      close: async () => undefined,
    };
  };
  tableConformance('DynamoDB', () => open('trainyard'));
  outboxConformance('DynamoDB', () => open('outbox'));
  listsConformance('DynamoDB', () => open('lists'), { runs: 3 });
  catalogConformance('DynamoDB', () => open('catalog'));
}
