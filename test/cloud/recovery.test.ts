/** What docs/operations.md says of going back to a moment in the cloud, step by step, as far as the emulator has it. */
import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  RestoreTableToPointInTimeCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { tableDefinition } from '#aws/table/definition.ts';
import { DynamoTable } from '#aws/table/table.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';

jest.setTimeout(120_000);

let stack: MiniStack;
beforeAll(async () => {
  stack = await startMiniStack();
});
afterAll(() => stack.stop());

describe('going back to a moment', () => {
  test('files that were deleted or overwritten are made current again', async () => {
    const { s3 } = stack.clients();
    const Bucket = 'trainyard-artifacts';
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const blobs = new S3Blobs({ client: s3, bucket: Bucket, now: Date.now });
    const textOf = async (key: string) => Buffer.concat(await (await blobs.get(key)).body.toArray()).toString();
    await blobs.put('account/deleted', Buffer.from('deleted'));
    await blobs.put('account/overwritten', Buffer.from('before'));
    await blobs.put('account/overwritten', Buffer.from('after'));
    await blobs.delete('account/deleted');
    await expect(blobs.get('account/deleted')).rejects.toThrow();

    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: 'account/' }),
    );
    const marker = DeleteMarkers.find(({ Key }) => Key === 'account/deleted')!;
    await s3.send(new DeleteObjectCommand({ Bucket, Key: marker.Key, VersionId: marker.VersionId }));
    expect(await textOf('account/deleted')).toBe('deleted');

    const earlier = Versions.find(({ Key, IsLatest }) => Key === 'account/overwritten' && IsLatest === false)!;
    const CopySource = `${Bucket}/${earlier.Key}?versionId=${earlier.VersionId}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: earlier.Key, CopySource }));
    expect(await textOf('account/overwritten')).toBe('before');
  });

  test('records are read from a table that was restored under a new name, and put back', async () => {
    const { dynamodb } = stack.clients();
    const names = { SourceTableName: 'trainyard', TargetTableName: 'restored' };
    await dynamodb.send(new CreateTableCommand(tableDefinition(names.SourceTableName)));
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
    const of = { TableName: names.SourceTableName };
    await dynamodb.send(new UpdateContinuousBackupsCommand({ ...of, PointInTimeRecoverySpecification }));
    const { ContinuousBackupsDescription } = await dynamodb.send(new DescribeContinuousBackupsCommand(of));
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED');
    const [table, restored] = [names.SourceTableName, names.TargetTableName].map(
      (name) => new DynamoTable({ client: dynamodb, tableName: name, now: Date.now }),
    );
    await table!.put({ pk: 'ACCOUNT#a', sk: 'MODEL#m', name: 'm' });
    await dynamodb.send(new RestoreTableToPointInTimeCommand({ ...names, UseLatestRestorableTime: true }));
    await table!.delete({ pk: 'ACCOUNT#a', sk: 'MODEL#m' });
    const item = await restored!.get({ pk: 'ACCOUNT#a', sk: 'MODEL#m' });
    await table!.put(item!);
    expect(await table!.get({ pk: 'ACCOUNT#a', sk: 'MODEL#m' })).toMatchObject({ name: 'm' });
  });
});
