/** The Open Inference Protocol (REST, version 2) on the platform's models. */
import { inferRoutes } from './infer.ts';
import { metadataRoutes, modelReadyRoutes } from './metadata.ts';
import { live, ready, server } from './server.ts';

export const oipRoutes = [server, live, ready, ...metadataRoutes, ...modelReadyRoutes, ...inferRoutes];
