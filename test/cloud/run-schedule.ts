/** A schedule in a deployment on the emulator. */
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { type FunctionConfiguration, InvokeCommand, paginateListFunctions } from '@aws-sdk/client-lambda';
import type { Clients } from '#aws/clients.ts';
import { DynamoTable } from '#aws/table/table.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { Scheduled } from '../e2e/run-schedule.ts';

export async function runSchedule(
  name: Scheduled,
  { dynamodb, lambda }: Clients,
  makeDue: (table: Table) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const { TableNames: [tableName = '', ...others] = [] } = await dynamodb.send(new ListTablesCommand({}));
  if (others.length > 0) throw new Error(`there are other tables: ${others}`);
  await makeDue(new DynamoTable({ client: dynamodb, tableName, now: Date.now }));
  const { FunctionName } = await functionOf(lambda, name);
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from('{}') }));
  if (FunctionError !== undefined) throw new Error(Buffer.from(Payload ?? []).toString());
}

/** The deployment says in its description which one it is. */
async function functionOf(client: Clients['lambda'], name: string): Promise<FunctionConfiguration> {
  for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
    const found = Functions.find(({ Description = '' }) => Description.startsWith(`${name} of `));
    if (found) return found;
  }
  throw new Error(`the deployment has no function ${name}`);
}
