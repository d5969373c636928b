import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoTable } from '#aws/table.ts';
import { tableDefinition } from '#aws/table-definition.ts';
import { tableConformance } from '../conformance/table/index.ts';
import { startWithClock } from './clock.ts';

tableConformance('DynamoDB of MiniStack', async () => {
  const { stack, now, seconds, advance } = await startWithClock();
  const tableName = 'trainyard';
  const clients = [stack.clients().dynamodb, stack.clients().dynamodb] as const;
  await clients[0].send(new CreateTableCommand(tableDefinition(tableName)));
  const [table, other] = clients.map((client) => new DynamoTable({ client, tableName, now }));
  return { table: table!, other: other!, advance, seconds, close: () => stack.stop() };
});
