import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '#aws/table/definition.ts';
import { DynamoTable } from '#aws/table/table.ts';
import type { TableSubject } from '../conformance/table/subject.ts';
import { startWithClock } from './clock.ts';

/** A new table on the DynamoDB of a new emulator, through two clients. */
export async function openTableSubject(): Promise<TableSubject> {
  const { stack, now, seconds, advance } = await startWithClock();
  const tableName = 'trainyard';
  const clients = [stack.clients().dynamodb, stack.clients().dynamodb] as const;
  await clients[0].send(new CreateTableCommand(tableDefinition(tableName)));
  const [table, other] = clients.map((client) => new DynamoTable({ client, tableName, now }));
  return { table: table!, other: other!, advance, seconds, close: () => stack.stop() };
}
