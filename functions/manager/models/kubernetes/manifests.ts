/** Manifests of Kubernetes and KServe that serve a model of the vault. None of them has a secret in it. */
import { type StoredModel, textOf } from '#domain/vault/model.ts';
import { loaderOf } from './loader.ts';
import { inferenceServiceName, labelValue } from './names.ts';
import { FOLDER, PORT, serverFor } from './servers.ts';

export interface Deployment {
  readonly namespace: string;
  readonly service: string;
  readonly replicas: number;
  readonly image: string | undefined;
  readonly vaultUrl: string;
  /** Whether a response carries the model. */
  readonly inBody: boolean;
}

/** Pods of the level "restricted" of Kubernetes' Pod Security Standards. */
const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: 1000,
  fsGroup: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};
const CONTAINER_SECURITY = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

export function manifestsFor(model: StoredModel, of: Deployment) {
  const { namespace, service, replicas } = of;
  const server = serverFor(textOf(model, 'framework'));
  const secret = `${service}-vault`;
  const selector = { 'app.kubernetes.io/name': service };
  const labels = {
    ...selector,
    'app.kubernetes.io/managed-by': 'trainyard',
    'app.kubernetes.io/version': labelValue(model.version),
  };
  const annotations = { 'trainyard/model': model.name, 'trainyard/sha256': model.sha256 };
  const bounds = boundsOf(model.size);
  const pod = {
    automountServiceAccountToken: false,
    securityContext: POD_SECURITY,
    initContainers: [
      loaderOf({
        ...{ vaultUrl: of.vaultUrl, managerId: model.manager_id, modelName: model.name, secret, inBody: of.inBody },
        ...{ file: server.file(service), resources: bounds.loader, securityContext: CONTAINER_SECURITY },
      }),
    ],
    volumes: [{ name: 'model', emptyDir: { medium: 'Memory', sizeLimit: bounds.file } }],
  };
  const volumeMounts = [{ name: 'model', mountPath: FOLDER, readOnly: true }];
  const container = {
    name: 'server',
    image: of.image ?? server.image,
    ...(server.command === undefined ? {} : { command: [...server.command] }),
    args: [...server.args(service)],
    ports: [{ name: 'http', containerPort: PORT }],
    startupProbe: { httpGet: { path: server.ready(service), port: 'http' }, periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: server.ready(service), port: 'http' }, periodSeconds: 5 },
    livenessProbe: { httpGet: { path: server.live(service), port: 'http' }, periodSeconds: 10 },
    resources: bounds.server,
    volumeMounts,
    securityContext: CONTAINER_SECURITY,
  };
  return {
    kubernetes: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: service, namespace, labels, annotations },
        spec: {
          replicas,
          selector: { matchLabels: selector },
          template: { metadata: { labels, annotations }, spec: { ...pod, containers: [container] } },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service, namespace, labels },
        spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
      },
    ],
    kserve: [
      {
        apiVersion: 'serving.kserve.io/v1beta1',
        kind: 'InferenceService',
        metadata: {
          ...{ name: inferenceServiceName(service), namespace, labels },
          // Knative, which KServe uses otherwise, takes neither init containers nor volumes in memory by default.
          annotations: { ...annotations, 'serving.kserve.io/deploymentMode': 'RawDeployment' },
        },
        spec: {
          predictor: {
            minReplicas: replicas,
            maxReplicas: replicas,
            ...pod,
            model: {
              modelFormat: { name: server.format },
              protocolVersion: server.protocol,
              resources: bounds.server,
              volumeMounts,
              securityContext: CONTAINER_SECURITY,
            },
          },
        },
      },
    ],
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secret, namespace, labels },
      type: 'Opaque',
      stringData: { 'api-key': '', password: '' },
    },
  };
}

const MEBIBYTE = 1_048_576;
const mebibytes = (count: number): string => `${count}Mi`;

/**
 * The file is in memory, which counts for whichever container has it: the loader besides has it as Base64 and as JSON, the
 * server its own copy and what it works with.
 */
function boundsOf(size: number) {
  const file = Math.max(1, Math.ceil(size / MEBIBYTE)) + 1;
  const within = (memory: number) => ({
    requests: { cpu: '100m', memory: mebibytes(memory) },
    limits: { memory: mebibytes(memory) },
  });
  return { file: mebibytes(file), loader: within(128 + 6 * file), server: within(1024 + 5 * file) };
}
