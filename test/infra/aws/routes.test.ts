import { describe, expect, test } from '@jest/globals';
import { resourcesOf } from '#infra/aws/api/routes.ts';
import { withoutBase } from '#infra/aws/bundle/below-base.ts';
import { surfaces } from '#infra/topology.ts';

describe('the resources of a REST API', () => {
  test('cover paths above and beside a specific route with the catch-all', () => {
    expect(Object.fromEntries(resourcesOf(surfaces.platform.routes))).toEqual({
      '/': 'platform-api',
      '/{proxy+}': 'platform-api',
      '/api': 'platform-api',
      '/api/{proxy+}': 'platform-api',
      '/api/v1': 'platform-api',
      '/api/v1/{proxy+}': 'platform-api',
      '/api/v1/models': 'platform-api',
      '/api/v1/models/{model_id}': 'platform-api',
      '/api/v1/models/{model_id}/{proxy+}': 'platform-api',
      '/api/v1/models/{model_id}/download': 'platform-download',
      '/datasets': 'platform-api',
      '/datasets/{dataset_id}': 'platform-api',
      '/datasets/{dataset_id}/download': 'platform-download',
      '/datasets/{dataset_id}/{proxy+}': 'platform-api',
      '/models': 'platform-api',
      '/models/import': 'platform-import',
      '/models/import/{proxy+}': 'platform-import',
      '/models/{model_id}': 'platform-api',
      '/models/{model_id}/artifacts': 'platform-api',
      '/models/{model_id}/artifacts/{file}': 'platform-download',
      '/models/{model_id}/{proxy+}': 'platform-api',
      '/models/{model_id}/predict': 'platform-predict',
      '/models/{model_id}/download': 'platform-download',
      '/models/{model_id}/predict/batch': 'platform-api',
      '/models/{model_id}/predict/{proxy+}': 'platform-api',
      '/predictions': 'platform-api',
      '/predictions/{proxy+}': 'platform-api',
      '/predictions/batch': 'platform-api',
      '/predictions/batch/{batch_id}': 'platform-api',
      '/predictions/batch/{batch_id}/{proxy+}': 'platform-api',
      '/predictions/batch/{batch_id}/download': 'platform-download',
      '/oip': 'platform-api',
      '/oip/{proxy+}': 'platform-predict',
      '/training': 'platform-api',
      '/training/{proxy+}': 'platform-api',
      '/training/events': 'platform-api',
      '/training/events/{job_id}': 'platform-events',
    });
  });

  test('are only the routes if there is no catch-all', () => {
    expect([...resourcesOf([{ path: '/a/b', function: 'sweep' }])]).toEqual([['/a/b', 'sweep']]);
  });
});

describe('a path behind a custom domain', () => {
  const event = (path: string, domainPrefix?: string) => ({
    path,
    requestContext: { apiId: 'abc', ...(domainPrefix === undefined ? {} : { domainPrefix }) },
  });

  test.each([
    ['/platform/health', '/health'],
    ['/platform', '/'],
    ['/platform/', '/'],
    ['/platforms', '/platforms'],
  ])('%s is %s to the routes', (path, known) => {
    expect(withoutBase('/platform', event(path, 'ml')).path).toBe(known);
  });

  test("stays as it is behind the API's own name, which has a stage in place of the base", () => {
    expect(withoutBase('/platform', event('/platform/x', 'abc')).path).toBe('/platform/x');
    expect(withoutBase('/platform', event('/platform/x')).path).toBe('/platform/x');
  });
});
