import { describe, expect, test } from '@jest/globals';
import { DynamoTable } from '#aws/table/table.ts';
import { table } from '#aws/wiring/table.ts';
import { wireParts } from '#aws/wiring/wire.ts';
import { EnvironmentError, wire } from '#aws/wiring.ts';
import { ENVIRONMENT } from '../functions/environment.ts';

const fault = (changes: Record<string, string | undefined>): string => {
  try {
    wire({ ...ENVIRONMENT, ...changes });
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
    throw error;
  }
  return 'none';
};

describe('the wiring of a deployment', () => {
  test('makes every adapter, and settings with their defaults', () => {
    const { adapters, options } = wire({ ...ENVIRONMENT, TRAINYARD_SETTINGS: '{"issuer": "https://ours.example"}' });
    expect(Object.keys(adapters).sort()).toEqual(['blobs', 'compute', 'events', 'keys', 'now', 'queues', 'table']);
    expect(options.settings).toMatchObject({ issuer: 'https://ours.example', audience: 'trainyard' });
    expect(options.settings.rates.authenticatedPerHour).toBe(1000);
  });

  test('names all missing variables in one line; an empty one counts as missing', () => {
    expect(fault({ TRAINYARD_TABLE: undefined, TRAINYARD_BUS: '' })).toBe(
      'wrong environment: TRAINYARD_TABLE must be the name of the table; TRAINYARD_BUS must be the name of the event bus',
    );
  });

  test('refuses settings that are not JSON, out of range or unknown', () => {
    expect(fault({ TRAINYARD_SETTINGS: '{' })).toBe('wrong environment: TRAINYARD_SETTINGS must be JSON');
    expect(fault({ TRAINYARD_SETTINGS: '{"rates": {"loginFailures": 0}}' })).toMatch(
      /^wrong environment: TRAINYARD_SETTINGS\.rates\.loginFailures [^\n]*1/,
    );
    for (const waitingSeconds of [599, 86_401]) {
      expect(fault({ TRAINYARD_SETTINGS: JSON.stringify({ waitingSeconds }) })).toMatch(
        /^wrong environment: TRAINYARD_SETTINGS\.waitingSeconds [^\n]*(600|86400)/,
      );
    }
    expect(fault({ TRAINYARD_SETTINGS: '{"isuer": "x"}' })).toContain('isuer');
  });

  test('has in a function what it uses, and says so where something else is called', () => {
    const { adapters } = wireParts(ENVIRONMENT, [table]);
    expect(adapters.table).toBeInstanceOf(DynamoTable);
    for (const call of [
      () => adapters.blobs.datasets.head('x'),
      () => adapters.queues.training.send('{}'),
      () => adapters.compute.terminate('t', 'why'),
      () => adapters.keys.publicKeys(),
    ]) {
      expect(call).toThrow('which the topology does not say that it uses');
    }
  });

  test('needs neither Batch nor a training function until a task is submitted', async () => {
    expect(fault({ TRAINYARD_BATCH_QUEUE_CPU: '', TRAINYARD_TRAINING_FUNCTION: '' })).toBe('none');
    const { adapters } = wire(ENVIRONMENT);
    const task = { id: 't', accountId: 'a', jobId: 'j', attempt: 1, timeoutSeconds: 60 };
    await expect(adapters.compute.submit(task)).rejects.toThrow('neither a training function nor a queue of Batch');
  });
});
