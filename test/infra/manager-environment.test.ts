import { describe, expect, test } from '@jest/globals';
import { managerEnvironment } from '#infra/embedded/manager-environment.ts';

describe('the environment of the model manager', () => {
  test('is honoured as its document prints it', () => {
    const printed = {
      MODEL_MANAGER_API_HOST: '0.0.0.0',
      MODEL_MANAGER_API_PORT: '8004',
      MODEL_PATH: './models',
      JWT_SECRET: 'your-secret-key',
      ENABLE_ENCRYPTION: 'True',
      BACKUP_ENABLED: 'True',
      BACKUP_INTERVAL_HOURS: '24',
    };
    expect(managerEnvironment(printed)).toEqual({
      listen: { host: '0.0.0.0', port: 8004 },
      vault: { modelPath: './models', encryption: true, backups: true, backupIntervalHours: 24 },
      ignoresJwtSecret: true,
    });
  });

  test('changes nothing where it is empty', () => {
    const empty = { MODEL_PATH: '', ENABLE_ENCRYPTION: '', MODEL_MANAGER_API_PORT: '', JWT_SECRET: '' };
    expect(managerEnvironment(empty)).toEqual({ listen: {}, vault: {}, ignoresJwtSecret: false });
  });

  test('takes a folder with a slash at its end', () => {
    expect(managerEnvironment({ MODEL_PATH: './models/' }).vault).toEqual({ modelPath: './models' });
  });

  test.each([
    [{ ENABLE_ENCRYPTION: 'maybe' }, 'ENABLE_ENCRYPTION must be true or false; got maybe'],
    [{ MODEL_MANAGER_API_PORT: '80.5' }, 'MODEL_MANAGER_API_PORT must be a whole number between 1 and 65535; got 80.5'],
    [{ BACKUP_INTERVAL_HOURS: '0' }, 'BACKUP_INTERVAL_HOURS must be a number between 0.25 and 8760; got 0'],
    [{ MODEL_PATH: '/var/models' }, 'MODEL_PATH must be a relative path of plain names, such as ./models/production'],
    [{ MODEL_PATH: '../models' }, 'no .., no leading /, and no \\ or :; got ../models'],
  ])('is refused where it is wrong: %j', (given, message) => {
    expect(() => managerEnvironment(given)).toThrow(message);
  });
});
