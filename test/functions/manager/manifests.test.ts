/** Manifests that Kubernetes and KServe take, whatever a model is called. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Pod } from 'kubernetes-models/v1/Pod';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { z } from 'zod';
import type { StoredModel } from '#domain/vault/model.ts';
import { modelName } from '#domain/vault/names.ts';
import { manifestsFor } from '#functions/manager/models/kubernetes/manifests.ts';
import { inferenceServiceName, serviceName, serviceNameOf } from '#functions/manager/models/kubernetes/names.ts';

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const QUANTITY = /^[1-9][0-9]*(?:m|Mi)?$/;

const bounds = z.strictObject({
  requests: z.strictObject({ cpu: z.string().regex(QUANTITY), memory: z.string().regex(QUANTITY) }),
  limits: z.strictObject({ memory: z.string().regex(QUANTITY) }),
});
/** The fields of KServe's own definition, without those that its predictor has of a pod, which are checked as a pod. */
const inferenceService = z.strictObject({
  apiVersion: z.literal('serving.kserve.io/v1beta1'),
  kind: z.literal('InferenceService'),
  metadata: z.strictObject({
    // What its webhook accepts.
    name: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
    namespace: z.string(),
    labels: z.record(z.string(), z.string().regex(LABEL_VALUE)),
    annotations: z.record(z.string(), z.string()),
  }),
  spec: z.strictObject({
    predictor: z.looseObject({
      minReplicas: z.int().min(0),
      maxReplicas: z.int().min(1),
      model: z.looseObject({
        modelFormat: z.strictObject({ name: z.enum(['onnx', 'sklearn', 'xgboost', 'lightgbm', 'tensorflow']) }),
        protocolVersion: z.enum(['v1', 'v2']),
        resources: bounds,
      }),
    }),
  }),
});

const FRAMEWORKS = [
  'sklearn',
  'scikit-learn',
  'XGBoost',
  'lightgbm',
  'tensorflow',
  'onnx',
  'pytorch',
  'constructor',
  '',
];
const names = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
  .filter((name) => modelName.safeParse(name).success);
const models = fc.record({
  name: names,
  framework: fc.constantFrom(...FRAMEWORKS),
  version: fc.string({ maxLength: 100 }),
  size: fc.integer({ min: 0, max: 5_000_000_000 }),
});

const manifestsOf = (given: { name: string; framework: string; version: string; size: number }, service?: string) => {
  const { name, framework, version, size } = given;
  const model = { name, version, size, manager_id: 'm', sha256: 'a'.repeat(64), metadata: { framework } };
  return manifestsFor(model as unknown as StoredModel, {
    ...{ namespace: 'ml-models', service: service ?? serviceNameOf(name), replicas: 2, image: undefined },
    ...{ vaultUrl: 'https://vault.example.com/', inBody: size < 1e6 },
  });
};
type Manifests = ReturnType<typeof manifestsOf>;

function expectValid({ kubernetes, kserve, secret }: Manifests): void {
  const [deployment, service] = kubernetes as [object, object];
  new Deployment(deployment as ConstructorParameters<typeof Deployment>[0]).validate();
  new Service(service as ConstructorParameters<typeof Service>[0]).validate();
  new Secret(secret).validate();
  const { metadata, spec } = inferenceService.parse(kserve[0]);
  const { minReplicas: _, maxReplicas: __, model, ...pod } = spec.predictor;
  const { modelFormat: ___, protocolVersion: ____, ...container } = model;
  const containers = [{ name: 'model', ...container }];
  new Pod({ metadata, spec: { ...pod, containers } } as ConstructorParameters<typeof Pod>[0]).validate();
}

describe('the manifests of any model', () => {
  test('are what the schemas of Kubernetes and the fields of KServe allow', () => {
    fc.assert(
      fc.property(models, (model) => {
        const manifests = manifestsOf(model);
        expectValid(manifests);
        const named = [...manifests.kubernetes, manifests.secret].map(({ metadata }) => metadata);
        for (const { name, labels } of named) {
          expect(name).toMatch(/^[a-z](?:[a-z0-9-]{0,67}[a-z0-9])?$/);
          for (const value of Object.values(labels)) expect(value).toMatch(LABEL_VALUE);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('are refused by these schemas where something is wrong', () => {
    const model = { name: 'm', framework: 'onnx', version: '1', size: 1 };
    const broken: readonly ((of: Manifests) => void)[] = [
      (of) => Object.assign(of.kubernetes[0]!.spec, { replicas: 'two' }),
      (of) => Object.assign(of.kubernetes[0]!.spec, { template: { spec: {} } }),
      (of) => Object.assign(of.kubernetes[1]!.spec, { ports: [{}] }),
      (of) => Object.assign(of.kserve[0]!.spec.predictor.initContainers[0]!, { name: 7 }),
      (of) => Object.assign(of.kserve[0]!.metadata, { name: '7' }),
    ];
    for (const change of broken) {
      const manifests = structuredClone(manifestsOf(model));
      expectValid(manifests);
      change(manifests);
      expect(() => expectValid(manifests)).toThrow();
    }
  });

  test('have names that are services: at most 63 characters, a letter first', () => {
    fc.assert(
      fc.property(names, (name) => serviceName.safeParse(serviceNameOf(name)).success),
      { numRuns: 1000 },
    );
    expect(serviceNameOf('2.Fast__Model')).toBe('model-2-fast-model');
    expect(serviceNameOf('-')).toBe('model');
    for (const bad of ['2fast', '-a', 'a-', 'A', 'a_b', 'x'.repeat(64), '']) {
      expect([bad, serviceName.safeParse(bad).success]).toEqual([bad, false]);
    }
  });

  test('leave KServe room for the names that it makes of theirs', () => {
    const longest = `a${'-b'.repeat(31)}`;
    expect(longest).toHaveLength(63);
    expect(`${inferenceServiceName(longest)}-predictor`.length).toBeLessThanOrEqual(63);
    expect(inferenceServiceName('short')).toBe('short');
  });

  test('have probes, bounds of memory that grow with the model, and pods without privileges', () => {
    const [small, large] = [1e3, 1e9].map((size) => manifestsOf({ name: 'm', framework: 'onnx', version: '1', size }));
    const podOf = ({ kubernetes }: Manifests) =>
      (kubernetes[0] as { spec: { template: { spec: Record<string, unknown> } } }).spec.template.spec;
    const containers = (of: Manifests) => {
      const pod = podOf(of) as Record<'containers' | 'initContainers', readonly Record<string, unknown>[]>;
      return [...pod.initContainers, ...pod.containers];
    };
    const limitOf = (container: Record<string, unknown>) =>
      Number.parseInt(bounds.parse(container.resources).limits.memory, 10);
    for (const [i, container] of containers(small!).entries()) {
      expect(limitOf(containers(large!)[i]!)).toBeGreaterThan(limitOf(container));
      expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    }
    expect(podOf(small!)).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          startupProbe: { httpGet: { path: '/v2/health/ready', port: 'http' } },
          readinessProbe: { httpGet: { path: '/v2/health/ready', port: 'http' } },
          livenessProbe: { httpGet: { path: '/v2/health/live', port: 'http' } },
        },
      ],
    });
  });

  test('hold no secret, and name the one that does', () => {
    const manifests = manifestsOf({ name: 'm', framework: 'onnx', version: '1', size: 1 });
    expect(manifests.secret).toMatchObject({
      metadata: { name: 'm-vault' },
      stringData: { 'api-key': '', password: '' },
    });
    const { env } = manifests.kserve[0]!.spec.predictor.initContainers[0]!;
    expect(env.filter(({ name }) => ['API_KEY', 'PASSWORD'].includes(name))).toEqual([
      { name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'm-vault', key: 'api-key', optional: false } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'm-vault', key: 'password', optional: true } } },
    ]);
  });
});
