/** What a deployment is asked for, and what it answers with. */
import { z } from 'zod';
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { anyJson, nameLine } from '#functions/http/fields.ts';
import { DEFAULT_TARGET, wishFields } from '#functions/platform/models/wishes.ts';
import { password } from '../fields.ts';
import { namespaceName } from './kubernetes/names.ts';

const IMAGE = /^[a-z0-9][A-Za-z0-9._:/@-]*$/;

/** What is no URL is refused by itself. */
const parsed = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);

function hasNoCredentials(url: string): boolean {
  const { username = '', password = '' } = parsed(url) ?? {};
  return username === '' && password === '';
}

/** Also `?` or `#` alone, which a parsed URL does not show. */
const isBase = (url: string): boolean => parsed(url) === undefined || !/[?#]/.test(url);

/** Fields that one of the targets has. */
const kubernetesFields = {
  namespace: namespaceName.optional().meta({ default: 'default', example: 'ml-models' }),
  replicas: z.int().min(1).max(100).optional().meta({ default: 1, description: 'An addition' }),
  image: z.string().max(255).regex(IMAGE, 'must be the name of an image').optional().meta({
    description: 'An addition: the model server of the Deployment. Left out, one for the framework of the model',
  }),
  vault_url: z
    .url({ protocol: /^https?$/, error: 'must be a URL of http or https' })
    .max(2048)
    .refine(hasNoCredentials, 'must not contain a user name or a password: manifests have no secrets')
    .refine(isBase, 'must not contain a query or a fragment: paths are added to it')
    .optional()
    .meta({ description: 'An addition: the base URL at which the cluster reaches this API' }),
};
const platformFields = {
  password: password.optional().meta({ description: 'Of a model that has one' }),
  target: wishFields.target.optional().meta({ default: DEFAULT_TARGET }),
  features: wishFields.features.optional(),
  classes: wishFields.classes.optional(),
  scores: wishFields.scores.optional(),
  pixels: wishFields.pixels.optional(),
  image_size: wishFields.image_size.optional(),
};
const FIELDS_OF = { kubernetes: kubernetesFields, trainyard: platformFields } as const;

export const deploymentBody = z
  .strictObject({
    deploy_to: z.enum(['kubernetes', 'trainyard']).meta({
      description: '`trainyard`, an addition: an ONNX model becomes a model of the platform, and answers there',
    }),
    service_name: nameLine(LIMITS.modelName.max).optional().meta({
      description:
        'For Kubernetes a label; left out, made of the name of the model. For `trainyard`, the name of the platform’s model, of which it becomes the next version; left out, the name of the model',
      example: 'classifier-api',
    }),
    auto_deploy: z.boolean().default(false).meta({
      const: false,
      description:
        'Nobody’s cluster is changed: with Kubernetes `true` is refused, and the manifests are applied by you',
    }),
    ...kubernetesFields,
    ...platformFields,
  })
  .meta({ id: 'DeploymentRequest' });
export type DeploymentRequest = z.output<typeof deploymentBody>;

const manifest = z.record(z.string(), anyJson);

export const manifestsAnswer = z
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
  .meta({ id: 'DeploymentManifests' });

export const servedAnswer = z
  .strictObject({
    message: z.string().meta({ example: 'Model deployed successfully' }),
    model_name: z.string().meta({ example: 'classifier_v2.1' }),
    deploy_to: z.string().meta({ example: 'trainyard' }),
    service_name: z.string().meta({ example: 'classifier-api' }),
    deployed: z.boolean(),
    platform_model: z.strictObject({
      id: z.uuid(),
      number: z.int(),
      name: z.string(),
      version: z.string().meta({ example: '1.0.0' }),
      task: z.string().meta({ example: 'classification' }),
      predict_path: z.string().meta({
        description: 'Below the base URL of the platform',
        example: '/models/019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55/predict',
      }),
    }),
    notes: z.array(z.string()).meta({ description: 'How its inputs and outputs became those of a model here' }),
  })
  .meta({ id: 'ModelDeployed' });

/** Throws `ValidationError` for fields of the other target. */
export function expectOwnFields(given: DeploymentRequest): void {
  const other = given.deploy_to === 'kubernetes' ? 'trainyard' : 'kubernetes';
  const faults = new Faults();
  for (const field of Object.keys(FIELDS_OF[other])) {
    if (field in given) faults.add(field, `can only be given with deploy_to ${other}; got ${given.deploy_to}`);
  }
  faults.throwIfAny();
}
