/** Names as Kubernetes wants them. */
import { z } from 'zod';

/** Of a label, of which the names of many resources consist. */
const LABEL_CHARACTERS = 63;
/** KServe makes resources of its own that are called so. */
const LONGEST_SUFFIX = '-predictor';

/** A label of RFC 1123. */
export const namespaceName = z
  .string()
  .min(1)
  .max(LABEL_CHARACTERS)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and -, not - at an end');

export const SERVICE_RULE = `must be at most ${LABEL_CHARACTERS} lower-case letters, digits and -, with a letter first and not - at the end`;

/** A label of RFC 1035, as services have it: it begins with a letter. */
export const serviceName = z
  .string()
  .max(LABEL_CHARACTERS)
  .regex(/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/);

/** A service of that name of a model. */
export function serviceNameOf(name: string): string {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
    .join('-');
  const named = /^[a-z]/.test(words) ? words : `model-${words}`;
  return shortened(named, LABEL_CHARACTERS);
}

/** Of an InferenceService: KServe's own names, which are made of it, have to fit as well. */
export const inferenceServiceName = (service: string): string =>
  shortened(service, LABEL_CHARACTERS - LONGEST_SUFFIX.length);

/** The value of a label: these characters, with a letter or a digit at both ends. */
export const labelValue = (text: string): string =>
  trimmed(text.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, LABEL_CHARACTERS));

const shortened = (text: string, characters: number): string => trimmed(text.slice(0, characters));

const MARKS = '-._';

function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && MARKS.includes(text[from]!)) from += 1;
  while (to > from && MARKS.includes(text[to - 1]!)) to -= 1;
  return text.slice(from, to);
}
