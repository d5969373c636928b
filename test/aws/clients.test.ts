import { Logger } from '@aws-lambda-powertools/logger';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { startService } from './service.ts';

test('requests do not say which libraries run beside the clients', async () => {
  new Logger();
  expect(process.env.AWS_SDK_UA_APP_ID).toMatch(/^PT\//);
  const service = await startService([{ status: 200, body: { TableNames: [] } }]);
  await service.clients.dynamodb.send(new ListTablesCommand());
  await service.close();
  expect(service.requests.map(({ userAgent }) => userAgent)).toEqual([expect.stringMatching(/^aws-sdk-js\//)]);
  expect(service.requests[0]!.userAgent).not.toMatch(/\bapp\/|\bPT\//);
});
