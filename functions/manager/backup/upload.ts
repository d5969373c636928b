import { Readable } from 'node:stream';
import { z } from 'zod';
import { reserveBytes } from '#domain/installation/storage.ts';
import type { Body } from '#functions/http/body/body.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import { backupSummary, showBackup } from './fields.ts';
import { importArchive } from './import-archive.ts';

const archive: Body<Uint8Array> = {
  accepts: ['application/gzip', 'application/x-gzip', 'application/x-tar', 'application/octet-stream'],
  bound: (settings) => settings.uploadBytes,
  parse: ({ content }) => content.bytes(),
  openapi: {
    required: true,
    content: {
      'application/gzip': { schema: z.string().meta({ format: 'binary', description: 'A .tar.gz, or a .tar' }) },
    },
  },
};

export const upload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/upload',
  summary: 'Add a backup from its archive',
  description: 'An addition to the document: takes back what a download returned. Restore from it afterwards.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, body: archive },
  responses: { 201: { description: 'Added', schema: backupSummary } },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body } = input;
    const by = actorOf(input);
    const { adapters, settings } = services;
    const added = await auditFailure(services, manager, by, { action: 'backup_create' }, async () => {
      await reserveBytes(adapters.table, manager.account_id, body.length, settings.caps);
      const open = async (from: number) => Readable.from([body.subarray(from)]);
      return importArchive(services, manager, by, { open, size: body.length });
    });
    return { status: 201, body: showBackup(added) };
  },
});
