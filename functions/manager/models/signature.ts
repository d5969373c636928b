import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { getModel } from '#domain/vault/models.ts';
import { anyJson } from '#functions/http/fields.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { flag } from '../confirmation.ts';
import { actorOf, modelPath, readManager, tags } from '../fields.ts';
import { verifiedSignature } from './sign.ts';

const bundle = z.record(z.string(), anyJson).meta({
  description: 'A Sigstore bundle v0.3',
  example: { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
});

const details = z
  .strictObject({
    model_name: z.string(),
    algorithm: z.string().meta({ example: 'P-256' }),
    public_key: z.string().meta({ description: 'As PEM' }),
    fingerprint: z.string().meta({ description: 'SHA-256 of the public key as PEM' }),
    bundle,
  })
  .meta({ id: 'ModelSignature' });

const query = z.strictObject({
  details: flag.meta({ description: 'The bundle within an answer that has the public key as well' }),
});

export const signature = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/{model_name}/signature',
  summary: 'Get the signature of a model',
  description:
    'An addition to the document: a Sigstore bundle as of the OpenSSF model-signing specification 1.0. `model_signing verify key` verifies the answer with the public key, which `details=true` has, for a folder that holds the file under the name of the model.',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query },
  responses: {
    200: {
      description: 'The bundle, or with `details=true` the bundle and its key',
      schema: z.union([details, bundle]),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path, query } = input;
    const access = { action: 'model_signature', model_name: path.model_name } as const;
    const found = await auditAccess(services, of, actorOf(input), access, async () => {
      const signed = verifiedSignature(await getModel(services.adapters.table, of, path.model_name));
      if (!signed) throw new NotFoundError(`Model '${path.model_name}' is not signed`);
      return signed;
    });
    if (query.details?.toLowerCase() !== 'true') return { status: 200, body: bundle.parse(found.bundle) };
    return {
      status: 200,
      body: {
        model_name: path.model_name,
        algorithm: found.algorithm,
        public_key: found.publicKeyPem,
        fingerprint: found.fingerprint,
        bundle: bundle.parse(found.bundle),
      },
    };
  },
});
