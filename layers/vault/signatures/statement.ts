/** The in-toto statement of model-signing 1.0: which files a model has, and their digests. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SignatureError } from '../errors.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';

/** A file of a model: its path below the model, and the SHA-256 of its contents in hexadecimal. */
export interface SignedFile {
  readonly name: string;
  readonly sha256: string;
}

const sha256 = z.string().length(64);

/** What verification looks at. Whatever else a statement has is ignored, as the specification wants. */
const statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([z.object({ name: z.string(), digest: z.object({ sha256 }) })]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    serialization: z.object({ method: z.literal('files'), hash_type: z.literal('sha256') }),
    resources: z.array(z.object({ name: z.string(), algorithm: z.literal('sha256'), digest: sha256 })).min(1),
  }),
});

export function statementOf(modelName: string, files: readonly SignedFile[]): object {
  const sorted = files.toSorted(byCodePoints);
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: modelName, digest: { sha256: rootDigest(sorted) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      resources: sorted.map(({ name, sha256: digest }) => ({ name, digest, algorithm: 'sha256' })),
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: [] },
    },
  };
}

/** Throws `SignatureError` unless the payload is a statement about exactly these files. */
export function requireFiles(payload: Uint8Array, files: readonly SignedFile[]): void {
  const parsed = statement.safeParse(parseJson(payload));
  if (!parsed.success) throw new SignatureError('The signed statement is not one of model-signing 1.0');
  const signed = parsed.data.predicate.resources.map(({ name, digest }) => ({ name, sha256: digest }));
  if (rootDigest(signed) !== parsed.data.subject[0].digest.sha256) {
    throw new SignatureError('The signed statement contradicts itself: its subject is not the digest of its files');
  }
  if (!same(signed.toSorted(byCodePoints), files.toSorted(byCodePoints))) {
    throw new SignatureError('The signature is one of other files');
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** SHA-256 over the digests of the files, in their order. */
function rootDigest(files: readonly SignedFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(Buffer.from(file.sha256, 'hex'));
  return hash.digest('hex');
}

/** UTF-8 sorts as code points do; the strings of JavaScript do not, above U+FFFF. */
const byCodePoints = (a: SignedFile, b: SignedFile): number => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

const same = (a: readonly SignedFile[], b: readonly SignedFile[]): boolean =>
  a.length === b.length && a.every((file, i) => file.name === b[i]!.name && file.sha256 === b[i]!.sha256);
