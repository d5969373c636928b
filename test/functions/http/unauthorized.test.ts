import { expect, test } from '@jest/globals';
import { UnauthorizedError } from '#domain/errors.ts';
import { renderCatalogError } from '#functions/http/errors/catalog.ts';
import { renderManagerError } from '#functions/http/errors/manager.ts';
import { renderModelsError } from '#functions/http/errors/models.ts';
import { renderOipError } from '#functions/http/errors/oip.ts';
import { renderPlatformError } from '#functions/http/errors/platform.ts';
import { renderTrainingError } from '#functions/http/errors/training.ts';

const request = { id: 'req_1', path: '/', at: 0 };

test.each([renderCatalogError, renderManagerError, renderModelsError, renderOipError, renderTrainingError])(
  '%p says whether credentials are missing or invalid',
  (render) => {
    const said = (presented: boolean) => JSON.stringify(render(new UnauthorizedError(), { ...request, presented }));
    expect(said(false)).toContain('Missing an API key');
    expect(said(true)).toContain('is invalid or has expired');
    const own = render(new UnauthorizedError('Invalid username or code'), { ...request, presented: false });
    expect(JSON.stringify(own)).toContain('Invalid username or code');
  },
);

test('the platform says what its document prints', () => {
  const body = renderPlatformError(new UnauthorizedError(), request);
  expect(body).toMatchObject({ message: 'Invalid or expired token' });
});
