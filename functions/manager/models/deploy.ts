import { includes } from '#domain/accounts/scopes.ts';
import { ForbiddenError } from '#domain/errors.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { actorOf, modelPath, readManager, tags } from '../fields.ts';
import type { FileServices } from '../services.ts';
import { deploymentBody, expectOwnFields, manifestsAnswer, servedAnswer } from './deployment-fields.ts';
import { deployToKubernetes, expectServiceName } from './kubernetes/deploy.ts';
import { serveModel } from './serve-model.ts';

export const deploy = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/{model_name}/deploy',
  summary: 'Deploy a model',
  description:
    'An addition to the document. `kubernetes`: the manifests of a Deployment with a Service, and of a KServe InferenceService: apply either. Both load the model from this API at their start, with the key and the password of a Secret that you create. `trainyard`: an ONNX model that takes rows of a table becomes a model of the platform, which needs the scope train.',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  idempotent: true,
  request: {
    path: modelPath,
    body: json(deploymentBody, { deploy_to: 'kubernetes', namespace: 'ml-models', service_name: 'classifier-api' }),
  },
  responses: {
    200: { description: 'The manifests', schema: manifestsAnswer },
    201: { description: 'Deployed to the platform', schema: servedAnswer },
  },
  errors: [409, 422, 429],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, path, body: given, caller } = input;
    expectOwnFields(given);
    expectServiceName(given);
    const by = actorOf(input);
    if (given.deploy_to === 'kubernetes') {
      return { status: 200, body: await deployToKubernetes(services, manager, by, path.model_name, given) };
    }
    if (!includes(caller.scope, 'train')) {
      throw new ForbiddenError(`This needs the scope train; yours is ${caller.scope}`);
    }
    const { target, features, classes, scores, pixels, image_size } = given;
    const platformName = given.service_name ?? path.model_name;
    const served = await serveModel(services, manager, by, {
      ...{ vaultName: path.model_name, platformName, password: given.password },
      wishes: { target, features, classes, scores, pixels, image_size },
    });
    const { id, number, name, version, task } = served.model;
    const notes: string[] = [...served.notes];
    return {
      status: 201,
      body: {
        message: 'Model deployed successfully',
        model_name: path.model_name,
        deploy_to: given.deploy_to,
        service_name: name,
        deployed: true,
        platform_model: { id, number, name, version, task, predict_path: `/models/${id}/predict` },
        notes,
      },
    };
  },
});
