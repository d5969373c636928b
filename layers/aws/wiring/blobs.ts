import { S3Client } from '@aws-sdk/client-s3';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { s3Config } from '../client-options.ts';
import type { Part } from './part.ts';

export const blobs: Part = ({ variables, options, now }) => {
  const here = new S3Client(s3Config(options));
  const bucket = (name: string, client = here) => new S3Blobs({ client, bucket: name, now });
  const { TRAINYARD_BUCKET_COPIES: copies, TRAINYARD_COPIES_REGION: region } = variables;
  // A client of its own: S3 answers in the region of a bucket only.
  const there = region === undefined ? here : new S3Client(s3Config({ ...options, region }));
  return {
    blobs: {
      datasets: bucket(variables.TRAINYARD_BUCKET_DATASETS),
      artifacts: bucket(variables.TRAINYARD_BUCKET_ARTIFACTS),
      backups: bucket(variables.TRAINYARD_BUCKET_BACKUPS),
    },
    ...(copies === undefined ? {} : { backupCopies: bucket(copies, there) }),
  };
};
