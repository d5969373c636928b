/** Each example of the document of the model manager, in its order, against a host on which nobody has registered. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { useHostWith } from '#test/e2e/use-host.ts';
import { type Call, type Example, runExamples, send } from '../examples.ts';
import { integer, is, number, oneOf, orNull, type Shape, type Type, texts, time, words } from '../shape.ts';
import { ADDITIONS, UNPRINTED } from './additions.ts';

jest.setTimeout(150_000);

const KEY = 'your-api-key';
const world = useHostWith({ environment: { API_KEYS: `other-key,${KEY}` } });
const base = () => world.bases.manager;

const call =
  (method: Call['method'], path: string, body?: unknown): (() => Call) =>
  () => ({ method, path: `/api/model-manager/${path}`, key: KEY, ...(body === undefined ? {} : { body }) });

const flag: Type = { type: 'true or false', accepts: (value) => typeof value === 'boolean' };
const object: Type = { type: 'an object', accepts: (value) => typeof value === 'object' && value !== null };
const sha256: Type = { type: 'a SHA-256', accepts: (value) => /^[0-9a-f]{64}$/.test(String(value)) };

const CONFIG = {
  model_path: './models/production',
  task_type: 'classification',
  enable_encryption: true,
  use_scrypt: true,
  primary_metric: 'f1_score',
};

const FILE = Buffer.from('a pickle, as far as the document is concerned').toString('base64');

const METADATA = {
  version: '2.1.0',
  framework: 'sklearn',
  algorithm: 'RandomForestClassifier',
  hyperparameters: { n_estimators: 100, max_depth: 10, random_state: 42 },
  performance_metrics: { accuracy: 0.96, precision: 0.94, recall: 0.95, f1_score: 0.945 },
  training_data_hash: 'sha256_hash_of_training_data',
  feature_importance: { a: 0.7, b: 0.3 },
  training_time_seconds: 45.6,
  author: 'john.doe@company.com',
  description: 'Improved classifier with better feature engineering',
};

const saved = (model_name: string, metadata: object) => ({
  model_name,
  model_data: FILE,
  password: 'secure_password_123',
  metadata,
  tags: ['production', 'v2.1', 'high-accuracy'],
});

const EARLIER = {
  ...METADATA,
  version: '2.0.0',
  performance_metrics: { accuracy: 0.94, precision: 0.92, recall: 0.93, f1_score: 0.925 },
  training_time_seconds: 38.4,
};

const compared = {
  accuracy: number,
  f1_score: number,
  precision: number,
  recall: number,
  size_mb: number,
  training_time: number,
};

const error = (name: string, details: Shape = object) => ({
  error: is(name),
  message: words,
  details,
  timestamp: time,
  request_id: words,
});

const examples: readonly Example[] = [
  {
    name: 'Create Manager',
    call: call('POST', 'create', { manager_id: 'manager_prod', config: CONFIG }),
    status: 201,
    body: {
      message: is('Manager created successfully'),
      manager_id: is('manager_prod'),
      config: object,
      created_at: time,
      storage_path: is('./models/production'),
    },
  },
  {
    name: 'Save Model',
    call: call('POST', 'manager_prod/models/save', saved('classifier_v2.1', METADATA)),
    status: 201,
    body: {
      message: is('Model saved successfully'),
      model_name: is('classifier_v2.1'),
      model_id: words,
      encrypted: is(true),
      file_size_mb: number,
      hash: sha256,
      saved_at: time,
      backup_created: is(true),
      ...ADDITIONS.saved,
    },
  },
  {
    name: '409 Conflict',
    call: call('POST', 'manager_prod/models/save', saved('classifier_v2.1', METADATA)),
    status: 409,
    body: error('ModelExistsError', { manager_id: is('manager_prod'), model_name: is('classifier_v2.1') }),
  },
  {
    name: 'Load Model',
    call: call('POST', 'manager_prod/models/load', {
      model_name: 'classifier_v2.1',
      password: 'secure_password_123',
      verify_integrity: true,
    }),
    status: 200,
    body: {
      message: is('Model loaded successfully'),
      model_name: is('classifier_v2.1'),
      model_data: is(FILE),
      metadata: object,
      integrity_verified: is(true),
      load_time: number,
      loaded_at: time,
    },
    after: ({ metadata }: { metadata: unknown }) => expect(metadata).toEqual(METADATA),
  },
  {
    name: '403 Forbidden, for a wrong password',
    call: call('POST', 'manager_prod/models/load', { model_name: 'classifier_v2.1', password: 'wrong' }),
    status: 403,
    body: error('WrongPasswordError'),
  },
  {
    name: 'Error Response Format',
    call: call('POST', 'manager_prod/models/load', { model_name: 'classifier_v1.0', password: 'wrong' }),
    status: 404,
    body: error('ModelNotFoundError', {
      manager_id: is('manager_prod'),
      model_name: is('classifier_v1.0'),
      available_models: texts,
    }),
  },
  {
    name: 'Get Model Info',
    call: call('GET', 'manager_prod/models/classifier_v2.1/info'),
    status: 200,
    body: {
      model_name: is('classifier_v2.1'),
      model_id: words,
      metadata: object,
      file_info: { size_mb: number, created_at: time, modified_at: time, hash: sha256 },
      encryption_info: { encrypted: is(true), algorithm: is('AES-256-GCM'), key_derivation: is('scrypt') },
      access_info: { access_count: is(1), last_accessed: time },
      ...ADDITIONS.info,
    },
  },
  {
    name: 'Save Model, an earlier version',
    call: call('POST', 'manager_prod/models/save', saved('classifier_v2.0', EARLIER)),
    status: 201,
    body: object,
  },
  {
    name: 'Get Manager Info',
    call: call('GET', 'manager_prod/info'),
    status: 200,
    body: {
      manager_id: is('manager_prod'),
      config: object,
      created_at: time,
      model_count: is(2),
      total_size_mb: number,
      last_backup: time,
      encryption_enabled: is(true),
    },
  },
  {
    name: 'List Managers',
    call: call('GET', 'list'),
    status: 200,
    body: {
      managers: [
        {
          manager_id: is('manager_prod'),
          task_type: is('classification'),
          model_count: is(2),
          created_at: time,
          ...ADDITIONS.manager,
        },
      ],
      total_managers: is(1),
    },
  },
  {
    name: 'List Models',
    call: call('GET', 'manager_prod/models/list'),
    status: 200,
    body: {
      models: [
        {
          model_name: words,
          model_id: words,
          version: words,
          framework: is('sklearn'),
          size_mb: number,
          created_at: time,
          tags: texts,
          performance_metrics: object,
        },
      ],
      total_models: is(2),
      total_size_mb: number,
      ...ADDITIONS.models,
    },
  },
  {
    name: 'List Model Versions',
    call: call('GET', 'manager_prod/models/classifier_v2.1/versions'),
    status: 200,
    body: {
      model_name: is('classifier'),
      versions: [{ version: words, model_name: words, created_at: time, performance_metrics: object, is_active: flag }],
      total_versions: is(2),
    },
    after: ({ versions }: { versions: object[] }) =>
      expect(versions).toMatchObject([
        { version: '2.1.0', is_active: true },
        { version: '2.0.0', is_active: false },
      ]),
  },
  {
    name: 'Compare Models',
    call: call('POST', 'manager_prod/models/compare', {
      model_names: ['classifier_v2.1', 'classifier_v2.0'],
      comparison_metrics: ['accuracy', 'f1_score', 'precision', 'recall'],
    }),
    status: 200,
    body: {
      comparison: { 'classifier_v2.1': compared, 'classifier_v2.0': compared },
      best_model: object,
      improvements: object,
      ...ADDITIONS.comparison,
    },
    after: (body: never) =>
      expect(body).toMatchObject({
        best_model: { by_accuracy: 'classifier_v2.1', by_f1_score: 'classifier_v2.1', by_size: expect.any(String) },
        improvements: { accuracy: 0.02, f1_score: 0.02 },
      }),
  },
  {
    name: 'Search Models',
    call: call(
      'GET',
      'manager_prod/models/search?query=classification&framework=sklearn&min_accuracy=0.9&tags=production&sort_by=accuracy&sort_order=desc&limit=10',
    ),
    status: 200,
    body: {
      models: [{ model_name: words, relevance_score: number, metadata: object, match_criteria: texts }],
      total_results: is(2),
      query_time: number,
      ...ADDITIONS.search,
    },
    after: ({ models: [first] }: { models: object[] }) =>
      expect(first).toMatchObject({
        model_name: 'classifier_v2.1',
        match_criteria: expect.arrayContaining(['framework', 'tags', 'accuracy']),
      }),
  },
  {
    name: 'Get Model by Tags',
    call: call('GET', 'manager_prod/models/by-tags?tags=production,high-accuracy'),
    status: 200,
    body: { models: [object], total_models: is(2), ...ADDITIONS.byTags },
  },
  {
    name: 'Get Best Models',
    call: call('GET', 'manager_prod/models/best?metric=f1_score&limit=5'),
    status: 200,
    body: {
      best_models: [{ model_name: words, f1_score: number, rank: integer }],
      metric: is('f1_score'),
      total_models: is(2),
      ...ADDITIONS.best,
    },
    after: ({ best_models: [first] }: { best_models: object[] }) =>
      expect(first).toEqual({ model_name: 'classifier_v2.1', f1_score: 0.945, rank: 1 }),
  },
  {
    name: 'Create Backup',
    call: call('POST', 'manager_prod/backup/create', {
      backup_name: 'daily_backup_20250115',
      include_models: ['classifier_v2.1', 'regressor_v1.0'],
      compress: true,
      encrypt_backup: true,
    }),
    status: 201,
    body: {
      message: is('Backup created successfully'),
      backup_name: is('daily_backup_20250115'),
      backup_path: is('./backups/daily_backup_20250115.tar.gz'),
      backup_size_mb: number,
      models_included: is(1),
      created_at: time,
      ...ADDITIONS.backupCreated,
    },
    after: ({ missing }: { missing: unknown }) => expect(missing).toEqual(['regressor_v1.0']),
  },
  {
    name: 'List Backups',
    call: call('GET', 'manager_prod/backup/list'),
    status: 200,
    body: {
      backups: [
        {
          backup_name: is('daily_backup_20250115'),
          created_at: time,
          size_mb: number,
          model_count: is(1),
          encrypted: is(true),
          ...ADDITIONS.backup,
        },
      ],
      total_backups: is(1),
    },
  },
  {
    name: 'Delete Model',
    call: call('DELETE', 'manager_prod/models/classifier_v2.1', { confirm_deletion: true, backup_before_delete: true }),
    status: 200,
    body: {
      message: is('Model deleted successfully'),
      model_name: is('classifier_v2.1'),
      backup_created: is(true),
      backup_path: {
        type: 'a path of a backup',
        accepts: (value) => /^\.\/backups\/classifier_v2\.1_\d{8}_\d{6}\.backup$/.test(String(value)),
      },
    },
  },
  {
    name: 'Restore from Backup',
    call: call('POST', 'manager_prod/backup/restore', {
      backup_name: 'daily_backup_20250115',
      restore_password: 'backup_password',
      overwrite_existing: false,
      models_to_restore: ['classifier_v2.1'],
    }),
    status: 200,
    body: UNPRINTED.restored,
    after: (body: never) => expect(body).toMatchObject({ restored_models: ['classifier_v2.1'], missing: [] }),
  },
  {
    name: 'Update Manager Password',
    call: call('PUT', 'manager_prod/security/password', {
      old_password: 'secure_password_123',
      new_password: 'new_secure_password',
      rotate_model_keys: true,
    }),
    status: 200,
    body: UNPRINTED.password,
    after: (body: never) => expect(body).toMatchObject({ rotated: 2, failed: 0, status: 'completed' }),
  },
  {
    name: 'Get Security Status',
    call: call('GET', 'manager_prod/security/status'),
    status: 200,
    body: {
      encryption_enabled: is(true),
      encryption_algorithm: is('AES-256-GCM'),
      key_derivation: is('scrypt'),
      models_encrypted: is(2),
      models_unencrypted: is(0),
      last_key_rotation: time,
      backup_encryption: is(true),
    },
  },
  {
    name: 'Audit Trail',
    call: call('GET', 'manager_prod/audit/trail?start_date=2025-01-01&end_date=2099-01-15&action_type=model_access'),
    status: 200,
    body: {
      audit_entries: [
        {
          timestamp: time,
          action: oneOf('model_load', 'model_info', 'model_download'),
          model_name: words,
          user_id: words,
          ip_address: is('127.0.0.1'),
          success: flag,
          ...ADDITIONS.auditEntry,
        },
      ],
      ...ADDITIONS.auditTrail,
      total_entries: is(4),
    },
  },
  {
    name: 'Get Manager Statistics',
    call: call('GET', 'manager_prod/stats'),
    status: 200,
    body: {
      storage_stats: {
        total_models: is(2),
        total_size_mb: number,
        average_model_size_mb: number,
        encrypted_models: is(2),
        compressed_models: integer,
        ...ADDITIONS.storage,
      },
      access_stats: {
        total_accesses: integer,
        unique_models_accessed: integer,
        most_accessed_model: orNull(words),
        last_access: orNull(time),
      },
      performance_stats: { average_save_time: number, average_load_time: number, cache_hit_rate: number },
    },
  },
  {
    name: 'Health Check',
    call: call('GET', 'manager_prod/health'),
    status: 200,
    body: {
      status: is('healthy'),
      checks: {
        storage_accessible: is(true),
        encryption_working: is(true),
        backup_system: is(true),
        model_integrity: is(true),
      },
      last_check: time,
      ...ADDITIONS.health,
      uptime: { type: 'a duration', accepts: (value) => /^\d+d \d+h \d+m$/.test(String(value)) },
    },
  },
  {
    name: 'Delete Manager, which has models',
    call: call('DELETE', 'manager_prod'),
    status: 409,
    body: error('ManagerNotEmptyError', { manager_id: is('manager_prod'), model_count: is(2) }),
  },
  {
    name: 'Delete Manager',
    call: call('DELETE', 'manager_prod', { confirm_deletion: true }),
    status: 200,
    body: { message: words, manager_id: is('manager_prod'), ...ADDITIONS.managerDeleted },
  },
];

/** What the document prints of requests and of configurations outside of its list of endpoints. */
const models: readonly Example[] = [
  {
    name: 'ManagerConfigModel',
    call: call('POST', 'create', {
      manager_id: 'manager_config',
      config: {
        model_path: './models/project1',
        task_type: 'regression',
        enable_encryption: true,
        key_iterations: 200000,
        hash_algorithm: 'sha512',
        use_scrypt: true,
        enable_quantization: false,
        primary_metric: 'mse',
      },
    }),
    status: 201,
    body: object,
    after: (body: never) =>
      expect(body).toMatchObject({
        storage_path: './models/project1',
        config: {
          ...{ model_path: './models/project1', task_type: 'regression', enable_encryption: true },
          ...{ key_iterations: 200000, hash_algorithm: 'sha512', use_scrypt: true },
          ...{ enable_quantization: false, primary_metric: 'mse' },
        },
      }),
  },
  {
    name: 'ModelSaveRequest',
    call: call('POST', 'manager_config/models/save', {
      model_name: 'my_model_v1',
      model_data: FILE,
      password: 'secure_password',
      metadata: {
        version: '1.0.0',
        framework: 'sklearn',
        algorithm: 'RandomForest',
        performance_metrics: { accuracy: 0.95, f1_score: 0.93 },
        training_date: '2025-01-15',
        author: 'Data Scientist',
        description: 'Production model for classification',
      },
      tags: ['production', 'v1', 'classification'],
      replace_existing: false,
    }),
    status: 201,
    body: object,
    after: (body: never) => expect(body).toMatchObject({ model_name: 'my_model_v1', encrypted: true }),
  },
  {
    name: 'ModelLoadRequest',
    call: call('POST', 'manager_config/models/load', {
      model_name: 'my_model_v1',
      password: 'secure_password',
      verify_integrity: true,
    }),
    status: 200,
    body: object,
    after: (body: never) => expect(body).toMatchObject({ model_data: FILE, integrity_verified: true }),
  },
  {
    name: 'Custom Encryption',
    call: call('POST', 'create', {
      manager_id: 'manager_custom',
      config: {
        encryption_algorithm: 'ChaCha20Poly1305',
        custom_key_derivation: { algorithm: 'Argon2', memory_cost: 65536, time_cost: 3 },
      },
    }),
    status: 201,
    body: object,
  },
  {
    name: 'Model Signing, with a key of this test and a password',
    call: call('POST', 'manager_custom/models/save', {
      model_name: 'signed_model',
      model_data: FILE,
      password: 'secure_password',
      digital_signature: true,
      signing_key: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }),
    status: 201,
    body: object,
  },
  {
    name: 'Model Signing, as it was encrypted',
    call: call('GET', 'manager_custom/models/signed_model/info'),
    status: 200,
    body: object,
    after: (body: never) =>
      expect(body).toMatchObject({
        signed: true,
        encryption_info: { algorithm: 'ChaCha20Poly1305', key_derivation: 'argon2id' },
      }),
  },
  {
    name: 'Model Deployment Integration',
    call: call('POST', 'manager_custom/models/signed_model/deploy', {
      deploy_to: 'kubernetes',
      namespace: 'ml-models',
      service_name: 'classifier-api',
      auto_deploy: true,
    }),
    status: 422,
    body: error('UnsupportedModelError'),
  },
  {
    name: '400 Bad Request',
    call: call('POST', 'manager_custom/models/save', { model_name: 'm', model_data: 'none of Base64' }),
    status: 400,
    body: error('ValidationError', { model_data: words }),
  },
  {
    name: '404 Not Found, of a manager',
    call: call('GET', 'nowhere/info'),
    status: 404,
    body: error('ManagerNotFoundError', { manager_id: is('nowhere'), available_managers: texts }),
  },
];

describe('the document of the model manager', () => {
  runExamples(base, examples);
  runExamples(base, models);

  test('401 Unauthorized without a key, and with a wrong one', async () => {
    for (const key of [undefined, 'wrong-key']) {
      const { status, body } = await send(base(), {
        method: 'GET',
        path: '/api/model-manager/list',
        ...(key === undefined ? {} : { key }),
      });
      expect([status, body]).toMatchObject([401, { error: 'UnauthorizedError' }]);
    }
  });
});
