/**
 * What creating models of the catalog costs on DynamoDB where many do so at once:
 * `node test/aws/table/catalog-conflicts.ts`. It is no test; docs/catalog.md has what it printed.
 */
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '#aws/table/definition.ts';
import { DynamoTable } from '#aws/table/table.ts';
import { createEntry } from '#domain/catalog/change.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { AT, anAccount } from '../../domain/store.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const CREATES = 640;
const signed = { by: { operator_id: 1, operator_source: 'request' }, at: AT } as const;

const local = await startDynamoDbLocal();
if (typeof local === 'string') throw new Error(local);
const client = local.client();
await client.send(new CreateTableCommand(tableDefinition('measured')));

/** Counts the requests of a client, and those that were cancelled. */
function counted(of: DynamoDBClient) {
  const counts = { requests: 0, cancelled: 0 };
  of.middlewareStack.add(
    (next) => async (args) => {
      counts.requests += 1;
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error && error.name === 'TransactionCanceledException') counts.cancelled += 1;
        throw error;
      }
    },
    { step: 'initialize' },
  );
  return counts;
}

const percentile = (sorted: readonly number[], of: number): number => sorted[Math.floor((sorted.length - 1) * of)]!;

async function measure(clients: number): Promise<void> {
  const own = local as Exclude<typeof local, string>;
  const connection = own.client();
  const counts = counted(connection);
  const table: Table = new DynamoTable({ client: connection, tableName: 'measured', now: Date.now });
  const account = await anAccount(table);
  Object.assign(counts, { requests: 0, cancelled: 0 });
  const milliseconds: number[] = [];
  let [made, failed] = [0, 0];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (made < CREATES) {
        made += 1;
        const from = performance.now();
        try {
          await createEntry(table, account, { name: 'x', model_id: `model-${made}` }, signed);
        } catch {
          failed += 1;
        }
        milliseconds.push(performance.now() - from);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const sorted = milliseconds.toSorted((a, b) => a - b);
  process.stdout.write(
    `${JSON.stringify({
      ...{ clients, creates: made, failed, perSecond: Math.round(made / seconds) },
      ...{ p50: Math.round(percentile(sorted, 0.5)), p99: Math.round(percentile(sorted, 0.99)) },
      requestsEach: Number((counts.requests / made).toFixed(2)),
      cancelledEach: Number((counts.cancelled / made).toFixed(2)),
    })}\n`,
  );
}

for (const clients of [1, 8, 32]) await measure(clients);
await local.stop();
