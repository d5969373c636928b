import { describe, expect, test } from '@jest/globals';
import { readSettings, stages } from '#infra/aws/settings.ts';

describe('the settings of a stage', () => {
  test.each(Object.keys(stages))('%s is within its bounds', (stage) => {
    expect(readSettings(stage)).toMatchObject({ batch: true, gpu: true });
  });

  test('say in one line which stages there are', () => {
    expect(() => readSettings('staging')).toThrow(/^stage must be one of dev, prod; got staging$/);
    expect(() => readSettings('toString')).toThrow('got toString');
    expect(() => readSettings(undefined)).toThrow('got undefined');
  });

  test.each([
    [{ logDays: '8' }, 'logDays must be one of 1, 3, 5, 7,'],
    [{ backupDays: 0 }, 'backupDays must be a whole number between 1 and 3650; got 0'],
    [{ backupDays: 'many' }, 'backupDays must be a whole number between 1 and 3650; got many'],
    [{ trainingHours: 200 }, 'trainingHours must be a whole number between 1 and 168; got 200'],
    [{ requestsPerHour: 0 }, 'requestsPerHour must be a whole number between 1 and 1000000000; got 0'],
    [{ capacityHours: 25 }, 'capacityHours must be a whole number between 1 and 24; got 25'],
    [{ misconfigurationMinutes: '5' }, 'misconfigurationMinutes must be a whole number between 10 and 1440; got 5'],
    [{ removal: 'keep' }, 'removal must be one of retain, destroy; got keep'],
    [{ gpu: 'no' }, 'gpu must be one of true, false; got no'],
    [{ alarmEmail: 'me' }, 'alarmEmail must be an e-mail address; got me'],
    [{ alarmEmail: 'me@example..com' }, 'alarmEmail must be an e-mail address; got me@example..com'],
    [{ backupCopiesBucket: 'Not A Bucket' }, 'backupCopiesBucket must be the name of a bucket; got Not A Bucket'],
    [
      { corsOrigins: ['https://a.example/path'] },
      'must be an origin such as https://app.example.com, without a path, or *',
    ],
    [{ trainerImage: 'two words' }, 'trainerImage must be an image; got two words'],
    [{ trainerImage: 'a/b@sha256:00' }, 'trainerImage must be an image; got a/b@sha256:00'],
    [{ trainerImage: 'a/b@' }, 'trainerImage must be an image; got a/b@'],
    [{ domain: 'ml.example.com' }, 'domain and certificate go together'],
    [{ 'throttle.rate': '0' }, 'throttle.rate must be a whole number between 1 and 10000; got 0'],
    [{ 'maxVcpus.gpu': 'x' }, 'maxVcpus.gpu must be a whole number between 8 and 10000; got x'],
    [{ maxGigabytes: '0' }, 'maxGigabytes must be a whole number between 1 and 10000000; got 0'],
  ])('%j is refused in one line that names the bound', (override, message) => {
    let said = '';
    try {
      readSettings('dev', override);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    expect(said).not.toContain('\n');
  });

  test('take text from the command line', () => {
    const settings = readSettings('prod', { gpu: 'false', logDays: '30', waf: undefined });
    expect(settings).toMatchObject({ gpu: false, logDays: 30, waf: false });
    const parts = readSettings('prod', { 'throttle.rate': '50', 'maxVcpus.cpu': '128', reserve: 'false' });
    expect(parts).toMatchObject({
      throttle: { rate: 50, burst: 200 },
      maxVcpus: { cpu: 128, gpu: 32 },
      reserve: false,
    });
  });

  test('take an image by tag, by digest and from a registry with a port', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    for (const trainerImage of [
      'public.ecr.aws/x/trainer:1',
      `111122223333.dkr.ecr.eu-west-1.amazonaws.com/trainer@${digest}`,
      'registry.example.com:5000/a/b:c',
    ]) {
      expect(readSettings('dev', { trainerImage }).trainerImage).toBe(trainerImage);
    }
  });
});
