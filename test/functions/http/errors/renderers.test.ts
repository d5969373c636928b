import { describe, expect, test } from '@jest/globals';
import {
  ConflictError,
  InternalError,
  NotFoundError,
  PayloadTooLargeError,
  RateLimitError,
  type TrainyardError,
  UnprocessableError,
  UnsupportedMediaTypeError,
  ValidationError,
} from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { catalogError, renderCatalogError } from '#functions/http/errors/catalog.ts';
import { managerError, renderManagerError } from '#functions/http/errors/manager.ts';
import { modelsError, renderModelsError } from '#functions/http/errors/models.ts';
import { platformError, renderPlatformError } from '#functions/http/errors/platform.ts';
import { renderTrainingError, trainingError } from '#functions/http/errors/training.ts';

/** One of each surface. */
const renderers = {
  platform: [renderPlatformError, platformError],
  'models API': [renderModelsError, modelsError],
  catalog: [renderCatalogError, catalogError],
  manager: [renderManagerError, managerError],
  'training service': [renderTrainingError, trainingError],
} as const;

const request = { id: 'request', path: '/', at: 0, presented: false };

/** JSON writes each of its characters in six bytes. */
const long = '\u0001'.repeat(200_000);
const details = Array.from({ length: 5000 }, () => ({ field: long, message: long }));

const errors: readonly TrainyardError[] = [
  new ValidationError(details, long),
  new ValidationError(details, long, true),
  new ConflictError(long, details),
  new UnprocessableError(long, details),
  new UnsupportedMediaTypeError([long], long),
  new PayloadTooLargeError(long, 1, 2),
  new NotFoundError(long),
  new RateLimitError(60, long),
  new InternalError(long),
];

describe.each(Object.entries(renderers))('an error body of the %s', (_, [render, schema]) => {
  test.each(errors.map((error) => [error.name, error] as const))('is small, whatever went wrong: %s', (__, error) => {
    const body = render(error, request);
    expect(schema.parse(body)).toEqual(body);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(LIMITS.error.bytes);
    expect(error.details.length).toBeLessThanOrEqual(LIMITS.error.details);
  });

  test('has room for twenty details of a usual length', () => {
    const usual = Array.from({ length: 20 }, (___, i) => ({
      field: `inputs[${i}]`,
      message: 'must be a number. '.repeat(20),
    }));
    const body = JSON.stringify(render(new ValidationError(usual), request));
    for (const { field, message } of usual) {
      expect(body).toContain(field);
      expect(body).toContain(message);
    }
  });
});
