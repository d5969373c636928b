/** What docs/operations.md says of going back to a moment in the cloud, step by step, as far as the emulator has it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  RestoreTableToPointInTimeCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
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
import { wire } from '#aws/wiring.ts';
import { findApiKey } from '#domain/accounts/api-keys.ts';
import { foundOperator } from '#domain/accounts/operator.ts';
import { isoTime } from '#domain/times.ts';
import { managerConfig } from '#domain/vault/manager.ts';
import { createManager, getManager } from '#domain/vault/managers.ts';
import { backUp } from '#functions/manager/backup/back-up.ts';
import { copyInTurns } from '#functions/manager/backup/copies-work.ts';
import { restoreWork } from '#functions/manager/backup/restore-work.ts';
import { loadModel } from '#functions/manager/models/load-model.ts';
import { saveModel } from '#functions/manager/models/save-model.ts';
import { recoverCloud } from '#infra/backup/recover-cloud.ts';
import { ENVIRONMENT } from '../functions/environment.ts';
import { CREDENTIALS, type MiniStack, REGION, startMiniStack } from './ministack.ts';

jest.setTimeout(120_000);

let stack: MiniStack;
beforeAll(async () => {
  stack = await startMiniStack();
});
afterAll(() => stack.stop());

describe('the vault from its second location', () => {
  const BY = { userId: 'ada', address: '', requestId: '' };
  const logger = { debug() {}, info() {}, warn() {}, error: console.error };
  const unused = async () => {
    throw new Error('not used');
  };

  test('is taken back into a new installation that has the wrapping key', async () => {
    const { dynamodb, s3, kms } = stack.clients();
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'SYMMETRIC_DEFAULT' }));
    await s3.send(new CreateBucketCommand({ Bucket: 'second-location' }));
    const installation = async (name: string) => {
      await dynamodb.send(new CreateTableCommand(tableDefinition(name)));
      for (const what of ['artifacts', 'backups'])
        await s3.send(new CreateBucketCommand({ Bucket: `${name}-${what}` }));
      return {
        ...ENVIRONMENT,
        AWS_REGION: REGION,
        AWS_ENDPOINT_URL: stack.endpoint,
        TRAINYARD_TABLE: name,
        TRAINYARD_BUCKET_ARTIFACTS: `${name}-artifacts`,
        TRAINYARD_BUCKET_BACKUPS: `${name}-backups`,
        TRAINYARD_KEY_DATA: KeyMetadata?.KeyId ?? '',
      };
    };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    });
    const servicesOf = (environment: Readonly<Record<string, string>>) => {
      const { adapters, options } = wire(environment);
      return { adapters, settings: options.settings, logger, quantize: unused, freeMemory: () => 0 };
    };

    const lost = servicesOf({ ...(await installation('lost')), TRAINYARD_BUCKET_COPIES: 'second-location' });
    const { table, now } = lost.adapters;
    await foundOperator(table, 'account', now());
    const none = { models: 0, bytes: 0, revision_bytes: 0, encrypted: 0, compressed: 0, changes: 0, served: 0 };
    const of = { id: 'prod', account_id: 'account', vault: 'v', created_at: isoTime(now()), ...none };
    const config = managerConfig.parse(CONFIG);
    await createManager(table, { ...of, config }, BY, now);
    const bytes = Buffer.from('a model');
    for (const [name, password] of [
      ['open', undefined],
      ['secret', 'correct horse'],
    ] as const) {
      const given = {
        name,
        bytes,
        password,
        metadata: {},
        tags: [],
        replace: false,
        sign: false,
        signingKey: undefined,
      };
      await saveModel(lost, await getManager(table, 'account', 'prod'), BY, given);
    }
    const backup = { name: 'b', kind: 'named', compress: true, encrypt: true } as const;
    await backUp(lost, await getManager(table, 'account', 'prod'), BY, backup);
    await copyInTurns(lost, { account_id: 'account', id: 'prod' }, { reached: async () => undefined });

    const environment = await installation('new');
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-recovery-'));
    const environmentFile = join(folder, 'environment.json');
    writeFileSync(environmentFile, JSON.stringify(environment));
    const recovered = await recoverCloud({ bucket: 'second-location', environmentFile, account: undefined });
    rmSync(folder, { recursive: true });
    expect(recovered).toMatchObject({ managers: ['prod'], backups: 1, failed: [] });

    const fresh = servicesOf(environment);
    expect((await findApiKey(fresh.adapters.table, recovered.apiKey))?.account_id).toBe('account');
    const manager = await getManager(fresh.adapters.table, 'account', 'prod');
    const request = { backup: 'b', names: null, overwrite: false, dry_run: false };
    const asked = { manager, by: BY, request, secrets: {} };
    const { restored } = await restoreWork.run(fresh, asked, undefined, { reached: async () => undefined });
    expect(restored).toEqual(['open', 'secret']);
    for (const [name, password] of [
      ['open', undefined],
      ['secret', 'correct horse'],
    ] as const) {
      expect(Buffer.from((await loadModel(fresh, manager, BY, { name, password })).bytes).equals(bytes)).toBe(true);
    }
  });
});

const CONFIG = {
  model_path: './models',
  task_type: 'classification',
  enable_encryption: true,
  key_iterations: 100_000,
  hash_algorithm: 'sha256',
  use_scrypt: false,
  enable_quantization: false,
  primary_metric: 'accuracy',
  encryption_algorithm: 'AES-256-GCM',
  block_unsafe_artifacts: false,
  backup_enabled: false,
  backup_interval_hours: 24,
  backup_retention_days: 30,
};

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
