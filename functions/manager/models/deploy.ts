import { z } from 'zod';
import { UnsupportedModelError } from '#domain/vault/errors.ts';
import { getModel } from '#domain/vault/models.ts';
import { json } from '#functions/http/body/json.ts';
import { anyJson } from '#functions/http/fields.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, modelPath, readManager, tags } from '../fields.ts';
import { manifestsFor } from './manifests.ts';

/** RFC 1123, as Kubernetes wants names of resources. */
const label = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and -, not - at an end');

const IMAGE = /^[a-z0-9][A-Za-z0-9._:/@-]*$/;

const body = z
  .strictObject({
    deploy_to: z.literal('kubernetes'),
    namespace: label.default('default').meta({ example: 'ml-models' }),
    service_name: label
      .optional()
      .meta({ description: 'Left out, made of the name of the model', example: 'classifier-api' }),
    auto_deploy: z.boolean().default(false).meta({
      const: false,
      description: 'Nobody’s cluster is changed: `true` is refused, and the manifests are applied by you',
    }),
    replicas: z.int().min(1).max(100).default(1).meta({ description: 'An addition' }),
    image: z.string().max(255).regex(IMAGE, 'must be the name of an image').optional().meta({
      description: 'An addition: the model server of the Deployment. Left out, one for the framework of the model',
    }),
    vault_url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .optional()
      .meta({
        description: 'An addition: the base URL at which the cluster reaches this API',
      }),
  })
  .meta({ id: 'DeploymentRequest' });

const manifest = z.record(z.string(), anyJson);

export const deploy = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/{model_name}/deploy',
  summary: 'Get the manifests that deploy a model',
  description:
    'An addition to the document. A Deployment with a Service, and a KServe InferenceService: apply either. Both load the model from this API at their start, with the key and the password of a Secret that you create.',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: {
    path: modelPath,
    body: json(body, { deploy_to: 'kubernetes', namespace: 'ml-models', service_name: 'classifier-api' }),
  },
  responses: {
    200: {
      description: 'The manifests',
      schema: z
        .strictObject({
          message: z.string(),
          model_name: z.string(),
          deploy_to: z.string(),
          namespace: z.string(),
          service_name: z.string(),
          deployed: z.boolean(),
          manifests: z.strictObject({
            kubernetes: z.array(manifest).meta({ description: 'A Deployment and a Service' }),
            kserve: z.array(manifest).meta({ description: 'An InferenceService' }),
            secret: manifest.meta({ description: 'The Secret that both need, without its values' }),
          }),
        })
        .meta({ id: 'DeploymentManifests' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path, body: given } = input;
    const { table } = services.adapters;
    const access = { action: 'model_deploy', model_name: path.model_name } as const;
    const model = await auditAccess(services, of, actorOf(input), access, async () => {
      const found = await getModel(table, of, path.model_name);
      const facts = { manager_id: of.id, model_name: found.name };
      if (given.auto_deploy) {
        throw new UnsupportedModelError('auto_deploy must be false: apply the manifests of the answer yourself', facts);
      }
      return found;
    });
    const service = given.service_name ?? serviceNameOf(model.name);
    const { namespace, replicas, image } = given;
    const vaultUrl = given.vault_url ?? 'http://trainyard.default.svc:8004';
    return {
      status: 200,
      body: {
        message: 'Apply the manifests: nothing was deployed',
        model_name: model.name,
        deploy_to: given.deploy_to,
        namespace,
        service_name: service,
        deployed: false,
        manifests: manifestsFor(model, { namespace, service, replicas, image, vaultUrl }),
      },
    };
  },
});

/** At most the 63 characters of a label. */
const serviceNameOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-|-$/g, '') || 'model';
