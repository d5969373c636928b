import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

/** Beyond the part of a file that an upload inspects at once. */
const manyRows = Array.from({ length: 60_000 }, (_, i) => `${i},${i % 7},${i % 2 ? 'yes' : 'no'}`).join('\n');

export function badData(world: World): void {
  describe('unusable data', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    test.each([
      ['a ragged row far down', `a,b,label\n${manyRows}\n1,2\n`, {}, ['60002', '3', '2']],
      ['one class', `a,b,label\n${manyRows.replaceAll('no', 'yes')}\n`, {}, ['label', 'yes']],
    ])('%s: the dataset fails and says why', async (_, csv, fields, words) => {
      const dataset = await user.upload(csv, fields);
      expect(dataset.status).toBe('failed');
      expect(dataset.error).toMatchObject({ error: 'validation_error', details: [expect.anything()] });
      for (const word of words) expect(JSON.stringify(dataset.error)).toContain(word);
      const training = user.train(dataset.id, {});
      await expect(training).rejects.toThrow('answered 409');
    });

    test('a target that is not there is refused at once', async () => {
      await expect(user.upload('a,y\n1,2\n2,3\n', { target: 'z' })).rejects.toThrow('answered 400');
    });

    test.each<[string, string, string, Readonly<Record<string, string>>?]>([
      ['an empty file', '', 'empty'],
      ['a header only', 'a,b\n', 'header'],
      ['a ragged row near the top', 'a,b\n1,2\n3\n', 'row'],
      ['a NUL byte', 'a,b\n1,\u00002\n', 'NUL'],
      ['one class of a short file', 'a,label\n1,x\n2,x\n3,x\n', 'got 1: \\"x\\"'],
      ['a target that is no number', 'a,y\n1,2\n2,two\n3,three\n4,four\n', 'two', { dataset_type: 'regression' }],
    ])('%s is refused at once', async (_, csv, word, fields = {}) => {
      const refused = user.upload(csv, fields);
      await expect(refused).rejects.toThrow('answered 400');
      await expect(refused).rejects.toThrow(word);
    });
  });
}
