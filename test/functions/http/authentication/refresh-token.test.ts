import { describe, expect, test } from '@jest/globals';
import { refreshTokenIn } from '#functions/http/authentication/refresh-token.ts';

describe('the refresh token of a body', () => {
  test('is read whatever else the body has', () => {
    expect(refreshTokenIn(Buffer.from('{"other":1,"refresh_token":"abc"}'))).toBe('abc');
  });

  test.each(['', '{', 'null', '[]', '{"refresh_token":""}', '{"refresh_token":7}', '{"__proto__":{}}'])(
    'is none in %j',
    (text) => expect(refreshTokenIn(Buffer.from(text))).toBeUndefined(),
  );
});
