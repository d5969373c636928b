import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BackedUpModel } from '#domain/vault/backup.ts';
import { ManifestError, parseManifest, type Reading } from '#functions/manager/backup/parse-manifest.ts';

const HEAD = { version: 1, name: 'b', manager_id: 'm', created_at: '2026-01-01T00:00:00.000Z' };
const bytesOf = (models: readonly unknown[]): Buffer => Buffer.from(JSON.stringify({ ...HEAD, models }));
/** Takes whatever there is. */
const any: Reading = { models: 100, model: (json) => json as BackedUpModel };
const text = (models: string): Buffer => Buffer.from(`${JSON.stringify(HEAD).slice(0, -1)},"models":[${models}`);

describe('a manifest', () => {
  test('is read as JSON is, whatever its models have', async () => {
    const objects = fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(objects, async (models) => {
        const bytes = bytesOf(models);
        expect(await parseManifest(bytes, any)).toEqual(JSON.parse(bytes.toString()));
      }),
    );
  });

  test.each([
    ['more models than its record', text('{},{},{}]}'), 'it has more than the 2 models of its record'],
    ['a model that is none', text('[]]}'), 'must be an object'],
    ['a number as a model', text('1]}'), 'models[0] must be an object'],
    ['no commas', text('{}{}]}'), 'after models[1] there is no comma'],
    ['no end', text('{"a":"}'), 'models[0] is cut off'],
    ['no end after a model', text('{}'), 'after models[1] there is no comma'],
    ['another end', text('{}],"models":[]}'), 'its models are not its last member'],
    ['a model that is no JSON', text('{a}]}'), 'models[0] is not JSON'],
    ['a model that is too large', text(`{"a":"${'x'.repeat(1_048_576)}"}]}`), 'or has more than 1048576 bytes'],
    ['no head', Buffer.from('[],'.repeat(10_000)), 'it does not begin with its name and its models'],
    ['another head', Buffer.from('{"version":2,"models":[]}'), 'its version: '],
  ])('with %s is refused', async (_, bytes, reason) => {
    const read = parseManifest(bytes, { ...any, models: 2 });
    await expect(read).rejects.toThrow(ManifestError);
    await expect(read).rejects.toThrow(reason);
  });

  test('lets others go on while it is read', async () => {
    let turns = 0;
    let isRead = false;
    const count = (): void => {
      turns += 1;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    const slow: Reading['model'] = (json) => {
      for (const until = performance.now() + 12; performance.now() < until; );
      return json as BackedUpModel;
    };
    await parseManifest(bytesOf([{}, {}, {}, {}]), { models: 4, model: slow });
    isRead = true;
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});
