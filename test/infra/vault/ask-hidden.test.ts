import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { askHidden } from '#infra/vault/ask-hidden.ts';

test('what is typed is not shown', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = askHidden('Password: ', input, output);
  input.write('a secret\n');
  expect(await asked).toBe('a secret');
  output.end();
  expect(await text(output)).toBe('Password: \n');
});
