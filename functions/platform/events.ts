/** The platform's function for streams of events. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, StreamingHttpHandler } from '#functions/http/contract.ts';
import { renderPlatformError } from '#functions/http/errors/platform.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeStreamingSurface } from '#functions/http/surface.ts';
import { events } from './training/events.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): StreamingHttpHandler =>
  makeStreamingSurface({ routes: [events], renderError: renderPlatformError }, makeServices(adapters, options));
