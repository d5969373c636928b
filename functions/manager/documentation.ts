/** What the OpenAPI document of the surface `manager` says beside its routes. */
import { describeErrors } from '#functions/http/documentation/errors.ts';
import { managerError, renderManagerError } from '#functions/http/errors/manager.ts';
import type { DocumentFacts } from '#functions/http/openapi.ts';

export const documentFacts = (version: string): DocumentFacts => ({
  title: 'Trainyard manager API',
  version,
  description:
    'A vault of model files: encrypted, versioned, audited and backed up. Every call needs an API key or a token.',
  tags: [
    { name: 'Managers', description: 'Vaults with a configuration of their own' },
    { name: 'Models', description: 'Files with metadata, versions and revisions' },
    { name: 'Backups', description: 'Backing up and restoring' },
    { name: 'Security', description: 'Passwords, protection and the audit trail' },
    { name: 'Monitoring', description: 'Statistics and health, as measured' },
  ],
  errorAt: (path) => describeErrors({ schema: managerError, render: renderManagerError }, path),
});
