/** What is asked for of a signature, and what is answered with. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { platformModel } from './platform-model.ts';
import { putPart } from './presigned.ts';
import { FILE, useVault } from './world.ts';

const world = useVault();
const PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });

const saves = {
  save: (id: string, more: object) => world.save(id, 'm', more),
  async upload(id: string, more: object) {
    const { body } = await world.call('POST', `/${id}/models/uploads`, { model_name: 'm', file_size: FILE.length });
    const etag = await putPart(world.platform.store, body.parts[0].url, FILE);
    const parts = [{ part: 1, etag }];
    return world.call('POST', `/${id}/models/uploads/${body.upload_id}/complete`, { parts, ...more });
  },
  async copy(id: string, more: object) {
    const { id: source_model_id } = await platformModel(world);
    return world.call('POST', `/${id}/models/copy`, { model_name: 'm', source_model_id, ...more });
  },
};

describe.each(Object.entries(saves))('a key that is given with a %s', (_, save) => {
  const signatureOf = (id: string) => world.call('GET', `/${id}/models/m/signature?details=true`);

  test('signs', async () => {
    const id = await world.manager({ backup_enabled: false });
    expect((await save(id, { signing_key: PEM })).status).toBe(201);
    expect((await signatureOf(id)).body.algorithm).toBe('Ed25519');
  });

  test('and not to be used is refused', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { status, body } = await save(id, { signing_key: PEM, digital_signature: false });
    expect([status, Object.keys(body.details)]).toEqual([400, ['digital_signature']]);
  });

  test('nowhere signs nothing', async () => {
    const id = await world.manager({ backup_enabled: false });
    expect((await save(id, {})).status).toBe(201);
    expect((await signatureOf(id)).status).toBe(404);
  });
});

describe('the signature of a model', () => {
  test('is the bundle itself, and with details=true the bundle with its key', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { digital_signature: true });
    const { body: bundle } = await world.call('GET', `/${id}/models/m/signature`);
    expect(Object.keys(bundle).sort()).toEqual(['dsseEnvelope', 'mediaType', 'verificationMaterial']);
    const { body } = await world.call('GET', `/${id}/models/m/signature?details=true`);
    expect(body).toMatchObject({ model_name: 'm', bundle, public_key: expect.stringContaining('PUBLIC KEY') });
  });
});
