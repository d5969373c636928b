/** The platform serves three documents; which of them has the error body depends on the path alone. */
import type { ErrorFormat } from '#functions/http/errors/format.ts';
import { modelsError, renderModelsError } from '#functions/http/errors/models.ts';
import { oipError, renderOipError } from '#functions/http/errors/oip.ts';
import { platformError, renderPlatformError } from '#functions/http/errors/platform.ts';
import type { ErrorRenderer } from '#functions/http/errors/renderer.ts';

const platform: ErrorFormat = { schema: platformError, render: renderPlatformError };

/** What lies at or below a path has another format than the rest. */
const BELOW: Readonly<Record<string, ErrorFormat>> = {
  '/api/v1/models': { schema: modelsError, render: renderModelsError },
  '/oip': { schema: oipError, render: renderOipError },
};

/** The format of errors at a path, whether or not there is a route. */
export function errorFormatAt(path: string): ErrorFormat {
  const found = Object.entries(BELOW).find(([base]) => path === base || path.startsWith(`${base}/`));
  return found?.[1] ?? platform;
}

export const renderError: ErrorRenderer = (error, request) => errorFormatAt(request.path).render(error, request);
