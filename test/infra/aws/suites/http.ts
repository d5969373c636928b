import { describe, expect, test } from '@jest/globals';
import { functions, surfaces } from '#infra/topology.ts';
import { named, ofType, type Synthesized, type Variant } from '../synthesized.ts';

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
      const limits = (['platform-download', 'platform-events'] as const).map((name) => functions[name].timeoutSeconds);
      expect(streamed.map(({ milliseconds }) => milliseconds).sort()).toEqual(limits.map((s) => s * 1000).sort());
      for (const { uri } of streamed) expect(uri).toContain('response-streaming-invocations');
      for (const method of methods.filter((one) => !one.streams)) expect(method.milliseconds).toBe(29_000);
    });

    test('errors of the gateway itself have the platform’s format', () => {
      const answers = ofType(prod, 'AWS::ApiGateway::GatewayResponse').map(({ Properties: one }) => [
        one.ResponseType,
        one.StatusCode,
        Object.keys(JSON.parse(one.ResponseTemplates['application/json'])),
      ]);
      for (const [, , fields] of answers) expect(fields).toEqual(['error', 'message']);
      expect(answers).toContainEqual(['MISSING_AUTHENTICATION_TOKEN', '404', expect.anything()]);
    });

    test('a function loads the runtime where the topology says so, on the architecture that the layer is cut for', () => {
      for (const one of [...ofType(prod, 'AWS::Lambda::Function'), ...ofType(prod, 'AWS::Lambda::LayerVersion')]) {
        const { Architectures, CompatibleArchitectures = Architectures } = one.Properties;
        expect([named(one), CompatibleArchitectures]).toEqual([named(one), ['arm64']]);
      }
      const loading = ofType(prod, 'AWS::Lambda::Function').filter((one) => one.Properties.Layers);
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
