import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { FileKeys } from '#embedded/keys/keys.ts';
import { signModel, verifyModel } from '#vault/signatures/bundle.ts';
import { platformSigningKey, readSigningKey, type SigningKey } from '#vault/signatures/signing-key.ts';
import { other } from './other.ts';

const NAME = 'classifier_v2.1';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-vault-'));
  mkdirSync(join(folder, 'model'));
  writeFileSync(join(folder, 'model', NAME), 'the bytes of a model');
});

const files = () => [{ name: NAME, sha256: createHash('sha256').update('the bytes of a model').digest('hex') }];

/** What `model_signing verify key` says of our signature: of a folder that holds the model, before and after a change. */
async function verdicts(key: SigningKey): Promise<unknown[]> {
  const signed = await signModel(NAME, files(), key);
  const signature = join(folder, 'model.sig');
  const publicKey = join(folder, 'key.pub');
  writeFileSync(signature, JSON.stringify(signed.bundle));
  writeFileSync(publicKey, signed.publicKeyPem);
  const changed = mkdtempSync(join(folder, 'changed-'));
  writeFileSync(join(changed, NAME), 'other bytes');
  const verify = (path: string) => ['verify', { path, signature, public_key: publicKey }] as const;
  return other(verify(join(folder, 'model')), verify(changed));
}

test.each(['P-256', 'P-384', 'P-521'])('model_signing verifies a signature by %s', async (namedCurve) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  const key = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const [good, bad] = await verdicts(key);
  expect(good).toBe('verified');
  expect(bad).toContain('Signature mismatch');
});

test("model_signing verifies a signature by the platform's key", async () => {
  const keys = await FileKeys.open(mkdtempSync(join(folder, 'keys-')));
  expect((await verdicts(await platformSigningKey(keys)))[0]).toBe('verified');
});

test('what model_signing signed verifies', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const pem = join(folder, 'key.pem');
  writeFileSync(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const signature = join(folder, 'theirs.sig');
  other(['sign', { folder: join(folder, 'model'), signature, private_key: pem }]);
  const bundle: unknown = JSON.parse(readFileSync(signature, 'utf8'));
  verifyModel(bundle, publicKey.export({ type: 'spki', format: 'pem' }).toString(), files());
});
