/** Uploads a file of any size to a platform: in parts that go straight to the store, concurrently and with retries. */
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { answer, type makeClient } from '#client/client.ts';
import type { components, paths } from '#client/platform/schema.ts';
import { type PutOptions, putParts } from './put-parts.ts';

export interface WantedDataset {
  readonly name: string;
  readonly target?: string;
  readonly type?: components['schemas']['NewUpload']['dataset_type'];
}

export interface UploadOptions extends Pick<PutOptions, 'onProgress' | 'sleep'> {
  /** Called before the upload is completed: the token may have expired by then. */
  readonly refresh?: () => Promise<void>;
}

export type PlatformClient = ReturnType<typeof makeClient<paths>>;

/**
 * Resolves with the dataset's id once the upload is complete; processing follows. If a part fails five times, or the
 * platform refuses a request, the upload is aborted.
 */
export async function uploadFile(
  client: PlatformClient,
  file: string,
  { name, target, type }: WantedDataset,
  { onProgress = () => {}, refresh = async () => {}, sleep }: UploadOptions = {},
): Promise<string> {
  const { size } = await stat(file);
  const wanted = {
    name,
    file_name: basename(file),
    file_size: size,
    ...(target === undefined ? {} : { target }),
    ...(type === undefined ? {} : { dataset_type: type }),
  };
  const begun = await answer(client.POST('/datasets/uploads', { body: wanted }));
  const params = { path: { upload_id: begun.upload_id } };
  try {
    const renew = async () => {
      await refresh();
      return answer(client.GET('/datasets/uploads/{upload_id}', { params }));
    };
    const parts = await putParts(begun, await openAsBlob(file), {
      onProgress,
      renew,
      ...(sleep === undefined ? {} : { sleep }),
    });
    await refresh();
    return (await answer(client.POST('/datasets/uploads/{upload_id}/complete', { params, body: { parts } }))).id;
  } catch (error) {
    // If aborting fails, the upload expires in a day; throw the first error.
    await client.DELETE('/datasets/uploads/{upload_id}', { params }).catch(() => {});
    throw error;
  }
}
