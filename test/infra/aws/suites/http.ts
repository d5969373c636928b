import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { NotFoundError, PayloadTooLargeError, RateLimitError } from '#domain/errors.ts';
import { catalogError } from '#functions/http/errors/catalog.ts';
import { managerError } from '#functions/http/errors/manager.ts';
import { platformError, renderPlatformError } from '#functions/http/errors/platform.ts';
import { trainingError } from '#functions/http/errors/training.ts';
import { functions, type SurfaceName, surfaces } from '#infra/topology.ts';
import { named, ofType, type Synthesized, type Variant } from '../synthesized.ts';

const GATEWAY_ERRORS = [
  'MISSING_AUTHENTICATION_TOKEN',
  'THROTTLED',
  'REQUEST_TOO_LARGE',
  'WAF_FILTERED',
  'INTEGRATION_TIMEOUT',
  'DEFAULT_4XX',
  'DEFAULT_5XX',
];

/** The error bodies of each surface's functions. */
const ERROR_BODIES: Readonly<Record<SurfaceName, z.ZodType>> = {
  platform: platformError,
  catalog: catalogError,
  manager: managerError,
  training: trainingError,
};

/** The logical id of each surface's API. */
const apisOf = (of: Synthesized): Readonly<Record<SurfaceName, string>> => {
  const apis = ofType(of, 'AWS::ApiGateway::RestApi');
  const idOf = (name: string) => apis.find(({ Properties }) => Properties.Name.endsWith(`-${name}`))!.id;
  return Object.fromEntries(Object.keys(surfaces).map((name) => [name, idOf(name)])) as Record<SurfaceName, string>;
};

const HEADER = 'gatewayresponse.header.';

/** What an API answers by itself. */
const gatewayErrors = (of: Synthesized, api: string) =>
  ofType(of, 'AWS::ApiGateway::GatewayResponse')
    .map(({ Properties }) => Properties)
    .filter(({ RestApiId }) => RestApiId.Ref === api)
    .map(({ ResponseType, StatusCode, ResponseParameters, ResponseTemplates }) => ({
      type: ResponseType as string,
      status: StatusCode as string | undefined,
      headers: Object.fromEntries(
        Object.entries(ResponseParameters as Record<string, string>).map(([key, value]) => [
          key.replace(HEADER, ''),
          value,
        ]),
      ),
      body: JSON.parse(ResponseTemplates['application/json']) as unknown,
    }));

export function http({ dev, prod, full }: Readonly<Record<Variant, Synthesized>>): void {
  describe('over HTTP', () => {
    test('each surface has an API whose stage is its base path, and whose base URL is an output', () => {
      expect(ofType(prod, 'AWS::ApiGateway::Stage').map((stage) => `/${stage.Properties.StageName}`)).toEqual(
        Object.values(surfaces).map((surface) => surface.cloudBase),
      );
      const [value] = Object.entries(prod.outputs['trainyard-prod-api']!).flatMap(([name, output]) =>
        name === 'BasePlatform' ? [JSON.stringify(output.Value)] : [],
      );
      expect(value).toContain('https://');
      expect(value).toContain('execute-api');
      expect(full.outputs['trainyard-prod-api']!.BasePlatform!.Value).toBe('https://ml.example.com/platform');
    });

    test('bodies arrive unchanged', () => {
      for (const api of ofType(prod, 'AWS::ApiGateway::RestApi')) {
        expect(api.Properties.BinaryMediaTypes).toEqual(['*/*']);
        expect(api.Properties.EndpointConfiguration).toEqual({ Types: ['REGIONAL'] });
      }
    });

    test('TLS of 1.2 and later is taken, and beside a domain no other way in', () => {
      for (const { Properties: api } of ofType(prod, 'AWS::ApiGateway::RestApi')) {
        expect(api).toMatchObject({
          SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PQ_2025_09',
          EndpointAccessMode: 'BASIC',
          DisableExecuteApiEndpoint: false,
        });
      }
      for (const { Properties: api } of ofType(full, 'AWS::ApiGateway::RestApi')) {
        expect(api.DisableExecuteApiEndpoint).toBe(true);
      }
    });

    test('every request is logged and all of them together are throttled', () => {
      for (const { Properties: stage } of ofType(prod, 'AWS::ApiGateway::Stage')) {
        expect(stage.AccessLogSetting.DestinationArn).toBeDefined();
        expect(stage.MethodSettings).toEqual([
          expect.objectContaining({
            ThrottlingRateLimit: 100,
            ThrottlingBurstLimit: 200,
            LoggingLevel: 'ERROR',
            DataTraceEnabled: false,
          }),
        ]);
      }
    });

    test('only streaming functions are streamed, for as long as they may take', () => {
      const methods = ofType(prod, 'AWS::ApiGateway::Method').map(({ Properties: { Integration: one } }) => ({
        streams: one.ResponseTransferMode === 'STREAM',
        milliseconds: one.TimeoutInMillis,
        uri: JSON.stringify(one.Uri),
      }));
      const streamed = methods.filter((method) => method.streams);
      // Downloads of models by id and by number, of one of their files, of datasets, and of batch predictions; the stream of events; downloads of backups.
      const streaming = [
        'platform-download',
        'platform-download',
        'platform-download',
        'platform-download',
        'platform-download',
        'platform-events',
        'manager-download',
      ] as const;
      const limits = streaming.map((name) => functions[name].timeoutSeconds);
      expect(streamed.map(({ milliseconds }) => milliseconds).sort()).toEqual(limits.map((s) => s * 1000).sort());
      for (const { uri } of streamed) expect(uri).toContain('response-streaming-invocations');
      for (const method of methods.filter((one) => !one.streams)) expect(method.milliseconds).toBe(29_000);
    });

    test('errors of the gateway itself have the body of the surface that was called', () => {
      for (const [name, api] of Object.entries(apisOf(prod))) {
        const errors = gatewayErrors(prod, api);
        expect(errors.map(({ type }) => type).sort()).toEqual([...GATEWAY_ERRORS].sort());
        for (const { body } of errors) expect(ERROR_BODIES[name as SurfaceName].parse(body)).toEqual(body);
      }
    });

    test('errors of the gateway itself have the status and the code that a function would answer', () => {
      const errors = gatewayErrors(prod, apisOf(prod).platform);
      const byType = Object.fromEntries(errors.map(({ type, status, body }) => [type, [status, body]]));
      const id = '$context.requestId';
      const busy = { error: 'unavailable', retry_after: 1, request_id: id };
      expect(byType).toMatchObject({
        MISSING_AUTHENTICATION_TOKEN: ['404', { error: new NotFoundError().code }],
        REQUEST_TOO_LARGE: [undefined, { error: new PayloadTooLargeError('body', 1, 2).code }],
        THROTTLED: [undefined, renderPlatformError(new RateLimitError(1), { id })],
        INTEGRATION_TIMEOUT: [undefined, busy],
        DEFAULT_5XX: [undefined, busy],
      });
    });

    test('an error of the gateway itself says in its header too when to try again, also to a page of another origin', () => {
      for (const { headers, body } of gatewayErrors(prod, apisOf(prod).platform)) {
        const after = (body as { retry_after?: number }).retry_after;
        expect(headers).toMatchObject({ 'Access-Control-Allow-Origin': "'*'", 'Cache-Control': "'no-store'" });
        expect(headers['Retry-After']).toBe(after === undefined ? undefined : `'${after}'`);
      }
    });

    test('a function has the libraries, and the runtime where the topology says so, on the architecture that the layer is cut for', () => {
      for (const one of [...ofType(prod, 'AWS::Lambda::Function'), ...ofType(prod, 'AWS::Lambda::LayerVersion')]) {
        const { Architectures, CompatibleArchitectures = Architectures } = one.Properties;
        expect([named(one), CompatibleArchitectures]).toEqual([named(one), ['arm64']]);
      }
      const loading = ofType(prod, 'AWS::Lambda::Function').filter((one) => one.Properties.Layers.length === 2);
      expect(loading).toHaveLength(Object.values(functions).filter((spec) => spec.runtime).length);
    });

    test("logs expire after the stage's days", () => {
      for (const [of, days] of [
        [prod, 90],
        [dev, 7],
      ] as const) {
        for (const one of ofType(of, 'AWS::Lambda::Function')) {
          const { Ref: group } = one.Properties.LoggingConfig.LogGroup;
          const logs = of.resources.find((resource) => resource.stack === one.stack && resource.id === group);
          expect([named(one), logs?.Properties.RetentionInDays]).toEqual([named(one), days]);
        }
        for (const logs of ofType(of, 'AWS::Logs::LogGroup')) expect(logs.Properties.RetentionInDays).toBe(days);
      }
    });

    test('there is a firewall and a custom domain if the settings ask for them', () => {
      expect(ofType(prod, 'AWS::WAFv2::WebACL')).toEqual([]);
      expect(ofType(full, 'AWS::WAFv2::WebACLAssociation')).toHaveLength(Object.keys(surfaces).length);
      expect(ofType(full, 'AWS::ApiGateway::DomainName')[0]!.Properties.SecurityPolicy).toBe('TLS_1_2');
      expect(ofType(full, 'AWS::ApiGateway::BasePathMapping')).toHaveLength(Object.keys(surfaces).length);
    });
  });
}
