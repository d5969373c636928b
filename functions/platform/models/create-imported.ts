/** Makes a model of the platform of an ONNX file: everything between the bytes and the record. */
import { createHash } from 'node:crypto';
import { bytesOf } from '#domain/accounts/usage/storage.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { newId } from '#domain/ids.ts';
import { reserveBytes, roomFor } from '#domain/installation/storage.ts';
import { createModel } from '#domain/models/create.ts';
import type { Artifact, Model, TrainedModel } from '#domain/models/record.ts';
import { endModelUpload, getModelUpload, type ModelUpload } from '#domain/models/uploads.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Write } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import type { VaultOrigin } from '#domain/vault/served.ts';
import type { Services } from '#functions/http/route.ts';
import type { ArtifactFile } from '#learning/artifacts.ts';
import { contentTypeOf } from '#learning/files/names.ts';
import type { ImportFacts } from '#learning/imported/files.ts';
import type { Imported } from '#learning/imported/read.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import { publish } from '../publish.ts';
import type { importer } from './importer.ts';

/** Only a type here, so that declaring a route does not load ONNX Runtime. */
export interface ImportServices extends Services {
  /** Loaded where a model comes in: it takes time and memory. */
  readonly importer: () => Promise<typeof importer>;
}

export interface Importing {
  readonly accountId: string;
  readonly name: string;
  readonly fileName: string;
  /** As it was given, and as it will be served. */
  readonly original: Uint8Array;
  readonly imported: Imported;
  /** Where it came in parts: then the file as it was given is in its place. */
  readonly upload?: ModelUpload;
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

/** A model that predicts. */
export async function createImported(services: ImportServices, of: Importing): Promise<Model> {
  const importer = await services.importer();
  const { original, imported } = of;
  return storeImported(services, of, async (facts) => {
    const { serving, notes, warnings } = imported;
    const { upload } = of;
    const stored = upload && { file: upload.file, size: original.length, sha256: sha256Of(original) };
    return {
      files: importer.files(original, imported, facts),
      ...(stored ? { stored } : {}),
      record: {
        model_type: 'onnx',
        task: serving.task,
        architecture: {
          input_shape: importer.inputShape(serving),
          output_classes: Math.max(1, serving.classes.length),
          parameters: importer.count(original),
        },
        target: serving.target,
        ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
        training_config: { imported: facts.fileName, notes: [...notes] },
      },
    };
  });
}

/** What a file becomes: the files of the model, and what its record says of them. */
interface ReadFile {
  readonly files: readonly ArtifactFile[];
  /** A file that is in its place. */
  readonly stored?: Artifact;
  /** Files that are not in memory, so many bytes; the last of them says whether all is as it should be. */
  readonly streamed?: { readonly size: number; readonly files: AsyncIterable<StreamedFile> };
  readonly record: Pick<
    TrainedModel,
    'model_type' | 'task' | 'architecture' | 'target' | 'training_config' | 'warnings'
  > &
    Partial<Pick<TrainedModel, 'performance' | 'test_performance' | 'final_metrics' | 'hyperparameters'>>;
}

interface StreamedFile {
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
}

type Storing = Pick<Importing, 'accountId' | 'name' | 'fileName' | 'upload' | 'vault'>;

/** Writes the files that `read` makes, and creates the model. Nothing is written if that throws. */
export async function storeImported(
  services: ImportServices,
  { accountId, name, fileName, upload, vault }: Storing,
  read: (facts: ImportFacts) => Promise<ReadFile>,
): Promise<Model> {
  const { adapters, settings } = services;
  const { table, blobs, now } = adapters;
  const id = upload?.id ?? newId(now());
  const createdAt = isoTime(now());
  const { files: made, stored, streamed, record } = await read({ name, fileName, createdAt });
  const files = made.filter(({ file }) => file !== stored?.file);
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, streamed?.size ?? 0);
  await reserveBytes(table, accountId, size, settings.caps);
  await table.transact([
    markOrphaned('artifacts', blobKeys.modelPrefix(accountId, id), now() + ABANDONED_MILLISECONDS),
  ]);
  for (const { file, bytes, contentType } of files) {
    await blobs.artifacts.put(blobKeys.modelFile(accountId, id, file), bytes, { contentType });
  }
  const written: Artifact[] = [];
  for await (const { name: file, body } of streamed?.files ?? []) {
    const bytes = new Digesting(body);
    await blobs.artifacts.put(blobKeys.modelFile(accountId, id, file), bytes, { contentType: contentTypeOf(file) });
    const { sha256, bytes: size } = bytes.digest();
    written.push({ file, size, sha256 });
  }
  const model: TrainedModel = {
    id,
    account_id: accountId,
    name,
    ...{ performance: {}, final_metrics: {}, hyperparameters: {} },
    ...record,
    artifacts: [
      ...(stored ? [stored] : []),
      ...written,
      ...files.map(({ file, bytes }) => ({ file, size: bytes.length, sha256: sha256Of(bytes) })),
    ],
    created_at: createdAt,
    ...(vault === undefined ? {} : { vault: vault.origin }),
  };
  const more = async () => [
    ...((await vault?.writes({ id, name, since: createdAt })) ?? []),
    // Read again, so that a completion that another one was ahead of ends.
    ...(upload ? [endModelUpload(await getModelUpload(table, accountId, upload.id, now()))] : []),
  ];
  const room = roomFor(table, accountId, bytesOf(model), settings.caps);
  const { model: created, event } = await createModel(table, model, createdAt, more, room);
  await publish(event, services);
  return created;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
