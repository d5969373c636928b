/** Answers with the manifests of a deployment: nobody's cluster is ours to change. */
import { ValidationError } from '#domain/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { UnsupportedModelError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { getModel } from '#domain/vault/models.ts';
import { auditAccess } from '../../audited.ts';
import type { VaultServices } from '../../services.ts';
import type { DeploymentRequest } from '../deployment-fields.ts';
import { bodyBytes } from '../load-model.ts';
import { manifestsFor } from './manifests.ts';
import { SERVICE_RULE, serviceName, serviceNameOf } from './names.ts';

/** Where the vault is in a cluster that has it, unless the request says where. */
const VAULT_URL = 'http://trainyard.default.svc:8004';

/** Throws `ModelNotFoundError`, `UnsupportedModelError`, `ValidationError`. */
export async function deployToKubernetes(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  name: string,
  given: DeploymentRequest,
) {
  const access = { action: 'model_deploy', model_name: name, facts: { deploy_to: given.deploy_to } } as const;
  const { model, service } = await auditAccess(services, manager, by, access, async () => {
    const model = await getModel(services.adapters.table, manager, name);
    if (given.auto_deploy) {
      throw new UnsupportedModelError(
        'auto_deploy must be false: nobody’s cluster is changed. Repeat the request without it: the answer has the manifests, which you apply',
        {
          manager_id: manager.id,
          model_name: model.name,
        },
      );
    }
    if (model.archive_of !== undefined) {
      throw new UnsupportedModelError(
        `Model '${model.name}' is a copy of all files of a model of the platform, which no model server reads: deploy it to trainyard`,
        { manager_id: manager.id, model_name: model.name },
      );
    }
    return { model, service: given.service_name ?? serviceNameOf(model.name) };
  });
  const { namespace = 'default', replicas = 1, image, vault_url: vaultUrl = VAULT_URL } = given;
  const inBody = model.size <= bodyBytes(services.settings.uploadBytes);
  return {
    message: 'Apply the manifests: nothing was deployed',
    model_name: model.name,
    deploy_to: given.deploy_to,
    namespace,
    service_name: service,
    deployed: false,
    manifests: manifestsFor(model, { namespace, service, replicas, image, vaultUrl, inBody }),
  };
}

/** Throws `ValidationError` for what Kubernetes does not take. */
export function expectServiceName(given: DeploymentRequest): void {
  const { deploy_to, service_name } = given;
  if (deploy_to !== 'kubernetes' || service_name === undefined || serviceName.safeParse(service_name).success) return;
  throw ValidationError.of('service_name', `${SERVICE_RULE}; got ${JSON.stringify(service_name)}`);
}
