/** Makes a model of the platform of an ONNX file: everything between the bytes and the record. */
import { createHash } from 'node:crypto';
import { newId } from '#domain/ids.ts';
import { blobKeys } from '#domain/keys.ts';
import { createModel } from '#domain/models/create.ts';
import type { Model, TrainedModel } from '#domain/models/record.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Write } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import type { VaultOrigin } from '#domain/vault/served.ts';
import type { Services } from '#functions/http/route.ts';
import type { Imported } from '#learning/imported/read.ts';
import { publish } from '../publish.ts';
import type { importer } from './importer.ts';

/** Only a type here, so that declaring a route does not load ONNX Runtime. */
export interface ImportServices extends Services {
  readonly importer: typeof importer;
}

export interface Importing {
  readonly accountId: string;
  readonly name: string;
  readonly fileName: string;
  /** As it was given, and as it will be served. */
  readonly original: Uint8Array;
  readonly imported: Imported;
  /** Where it comes from the vault: of what, and the writes that list it there. */
  readonly vault?: {
    readonly origin: VaultOrigin;
    readonly writes: (model: {
      readonly id: string;
      readonly name: string;
      readonly since: string;
    }) => Promise<readonly Write[]>;
  };
}

/** After so long the sweep deletes files whose record was never written. */
const ABANDONED_MILLISECONDS = 3_600_000;

export async function createImported(services: ImportServices, of: Importing): Promise<Model> {
  const { adapters, importer } = services;
  const { table, blobs, now } = adapters;
  const { accountId, name, fileName, original, imported, vault } = of;
  const id = newId(now());
  const createdAt = isoTime(now());
  const files = importer.files(original, imported, { name, fileName, createdAt });
  const { serving, notes } = imported;
  await table.transact([
    markOrphaned('artifacts', blobKeys.modelPrefix(accountId, id), now() + ABANDONED_MILLISECONDS),
  ]);
  for (const { file, bytes, contentType } of files) {
    await blobs.artifacts.put(blobKeys.modelFile(accountId, id, file), bytes, { contentType });
  }
  const made: TrainedModel = {
    id,
    account_id: accountId,
    name,
    model_type: 'onnx',
    task: serving.task,
    architecture: {
      input_shape: [serving.features.length],
      output_classes: Math.max(1, serving.classes.length),
      parameters: importer.count(original),
    },
    target: serving.target,
    ...{ performance: {}, final_metrics: {}, hyperparameters: {} },
    training_config: { imported: fileName, notes: [...notes] },
    artifacts: files.map(({ file, bytes }) => ({ file, size: bytes.length, sha256: sha256Of(bytes) })),
    created_at: createdAt,
    ...(vault === undefined ? {} : { vault: vault.origin }),
  };
  const { model, event } = await createModel(table, made, createdAt, () =>
    vault === undefined ? Promise.resolve([]) : vault.writes({ id, name, since: createdAt }),
  );
  await publish(event, services);
  return model;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
