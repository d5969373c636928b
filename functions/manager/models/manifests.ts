/** Manifests of Kubernetes and KServe that serve a model of the vault. */
import { type StoredModel, textOf } from '#domain/vault/model.ts';

export interface Deployment {
  readonly namespace: string;
  readonly service: string;
  readonly replicas: number;
  readonly image: string | undefined;
  readonly vaultUrl: string;
}

interface Server {
  /** As KServe names the format. */
  readonly format: string;
  readonly image: string;
  readonly file: string;
}

const SERVERS: Readonly<Record<string, Server>> = {
  sklearn: { format: 'sklearn', image: 'kserve/sklearnserver:v0.15.2', file: 'model.pkl' },
  'scikit-learn': { format: 'sklearn', image: 'kserve/sklearnserver:v0.15.2', file: 'model.pkl' },
  xgboost: { format: 'xgboost', image: 'kserve/xgbserver:v0.15.2', file: 'model.bst' },
  lightgbm: { format: 'lightgbm', image: 'kserve/lgbserver:v0.15.2', file: 'model.bst' },
  pytorch: { format: 'pytorch', image: 'pytorch/torchserve-kfs:0.12.0', file: 'model.mar' },
  tensorflow: { format: 'tensorflow', image: 'tensorflow/serving:2.19.1', file: 'saved_model.pb' },
};
const ONNX: Server = { format: 'onnx', image: 'nvcr.io/nvidia/tritonserver:25.03-py3', file: 'model.onnx' };

const LOADER = 'python:3.13-alpine';
const PORT = 8080;
const FOLDER = '/mnt/models';

/** Loads the model at the start of a pod. Everything that differs is in its environment, so that nothing is quoted. */
const LOAD = [
  'import base64, json, os, urllib.request as r',
  'e = os.environ',
  "body = {'model_name': e['MODEL_NAME'], 'verify_integrity': True}",
  "if e.get('PASSWORD'): body['password'] = e['PASSWORD']",
  "url = e['VAULT_URL'] + '/api/model-manager/' + e['MANAGER_ID'] + '/models/load'",
  "headers = {'X-API-Key': e['API_KEY'], 'Content-Type': 'application/json'}",
  'answer = json.load(r.urlopen(r.Request(url, json.dumps(body).encode(), headers)))',
  "open(e['MODEL_FILE'], 'wb').write(base64.b64decode(answer['model_data']))",
].join('\n');

export function manifestsFor(model: StoredModel, of: Deployment) {
  const { namespace, service, replicas } = of;
  const server = SERVERS[textOf(model, 'framework')?.toLowerCase() ?? ''] ?? ONNX;
  const labels = {
    'app.kubernetes.io/name': service,
    'app.kubernetes.io/managed-by': 'trainyard',
    'app.kubernetes.io/version': labelValue(model.version),
  };
  const annotations = { 'trainyard/model': model.name, 'trainyard/sha256': model.sha256 };
  const metadata = { name: service, namespace, labels, annotations };
  const selector = { 'app.kubernetes.io/name': service };
  const loader = loaderOf(model, of, server);
  const volumes = [{ name: 'model', emptyDir: { medium: 'Memory' } }];
  const mount = { name: 'model', mountPath: FOLDER, readOnly: true };
  const secured = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  return {
    kubernetes: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas,
          selector: { matchLabels: selector },
          template: {
            metadata: { labels, annotations },
            spec: {
              automountServiceAccountToken: false,
              initContainers: [loader],
              containers: [
                {
                  name: 'server',
                  image: of.image ?? server.image,
                  args: [`--model_name=${service}`, `--model_dir=${FOLDER}`, `--http_port=${PORT}`],
                  ports: [{ name: 'http', containerPort: PORT }],
                  readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 5 },
                  volumeMounts: [mount],
                  securityContext: secured,
                },
              ],
              volumes,
            },
          },
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
        metadata,
        spec: {
          predictor: {
            minReplicas: replicas,
            initContainers: [loader],
            model: { modelFormat: { name: server.format }, volumeMounts: [mount] },
            volumes,
          },
        },
      },
    ],
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${service}-vault`.slice(-63).replace(/^-/, ''), namespace },
      type: 'Opaque',
      stringData: { 'api-key': '', password: '' },
    },
  };
}

function loaderOf(model: StoredModel, { service, vaultUrl }: Deployment, { file }: Server) {
  const secret = (key: string, optional: boolean) => ({
    secretKeyRef: { name: `${service}-vault`.slice(-63).replace(/^-/, ''), key, optional },
  });
  return {
    name: 'load-model',
    image: LOADER,
    command: ['python3', '-c', LOAD],
    env: [
      { name: 'VAULT_URL', value: vaultUrl.replace(/\/$/, '') },
      { name: 'MANAGER_ID', value: model.manager_id },
      { name: 'MODEL_NAME', value: model.name },
      { name: 'MODEL_FILE', value: `${FOLDER}/${file}` },
      { name: 'API_KEY', valueFrom: secret('api-key', false) },
      { name: 'PASSWORD', valueFrom: secret('password', true) },
    ],
    volumeMounts: [{ name: 'model', mountPath: FOLDER }],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

/** The value of a label has at most 63 of these characters. */
const labelValue = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]|[^A-Za-z0-9]$/g, '');
