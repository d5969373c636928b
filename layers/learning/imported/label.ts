/** A model's own label, also under names that its classes are given. */
import { ValidationError } from '#domain/errors.ts';
import { attributeType, dataType, type NodeProto, type TensorProto } from '#engine/onnx/proto.ts';
import { type Tensor, toNumbers } from '#engine/tensor.ts';
import { ADDED, CLASSES, FLAT, INSIDE, node, vector } from './added.ts';
import type { ImportedOutput } from './signature.ts';

export interface OwnLabel extends Pick<ImportedOutput, 'name' | 'elemType'> {
  /** What it is for each of the classes, where they have other names. */
  readonly values?: readonly string[];
}

/** What is known of a label whose classes are given names. */
interface Found {
  /** As the model lists them, in the order of its scores. */
  readonly listed: readonly string[] | undefined;
  /** To trial rows. */
  readonly answered: Tensor | undefined;
}

/** Throws `ValidationError` where the label cannot be said in these names. */
export function renamed(label: ImportedOutput, classes: readonly string[], { listed, answered }: Found): OwnLabel {
  const { name, elemType } = label;
  const isText = elemType === dataType.string;
  const about = `must be left out: the model's own label, output ${name},`;
  if (isText && !listed) throw refused(`${about} is a text, and the file has no list of them`);
  // Of numbers that are listed nowhere, only places can be told.
  const values = listed && (isText || listed.every(isWhole)) ? listed : classes.map((_, place) => `${place}`);
  if (values.length !== classes.length)
    throw refused(
      `${about} is one of ${shown(values)}: of ${values.length}, while there are scores of ${classes.length}`,
    );
  const other = answered && !isText ? numbersIn(answered).find((value) => !values.includes(value)) : undefined;
  if (other !== undefined) throw refused(`${about} is none of ${shown(values)}; to a row of a trial it was ${other}`);
  if (classes.every((one, place) => one === values[place])) return { name, elemType };
  if (new Set(classes).symmetricDifference(new Set(values)).size === 0)
    throw refused(`must be in the order of the model's scores: ${shown(values)}; got ${shown(classes)}`);
  return { name, elemType, values };
}

const isWhole = (value: string): boolean => /^-?\d+$/.test(value);

const numbersIn = (tensor: Tensor): string[] => toNumbers(tensor).map(String);

const refused = (message: string): ValidationError => ValidationError.of('classes', message);

const MOST_SHOWN = 10;
const shown = (names: readonly string[]): string =>
  names.slice(0, MOST_SHOWN).join(', ') + (names.length > MOST_SHOWN ? ', …' : '');

export const ML_DOMAIN = 'ai.onnx.ml';
/** The version of it that is added to a model without it. */
export const ML_OPSET = 3;
/** From which on a LabelEncoder has keys and values. */
const KEYS = 2;

interface Added {
  readonly nodes: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
}

/** @param mlOpset the version of ai.onnx.ml that the model has */
export function labelNodes({ name, elemType, values }: OwnLabel, mlOpset = ML_OPSET): Added {
  const [flat, place] = [`${ADDED}label/flat`, `${ADDED}label/place`];
  const reshape = node('Reshape', [INSIDE + name, FLAT], flat);
  const isText = elemType === dataType.string;
  if (!values) {
    const same = isText ? node('Identity', [flat], 'label') : node('Cast', [flat], 'label', { to: dataType.string });
    return { nodes: [reshape, same], initializer: [] };
  }
  const named = node('Gather', [CLASSES, place], 'label', { axis: 0 });
  if (isText) {
    return { nodes: [reshape, placeOfText(flat, place, values, mlOpset), named], initializer: [] };
  }
  const number = `${ADDED}label/number`;
  const cast = node('Cast', [flat], number, { to: dataType.int64 });
  if (values.every((value, at) => value === `${at}`)) {
    const itself = node('Identity', [number], place);
    return { nodes: [reshape, cast, itself, named], initializer: [] };
  }
  const [own, column, shape] = [`${ADDED}label/values`, `${ADDED}label/column`, `${ADDED}label/shape`];
  const [equal, ones] = [`${ADDED}label/equal`, `${ADDED}label/ones`];
  return {
    nodes: [
      ...[reshape, cast, node('Reshape', [number, shape], column), node('Equal', [column, own], equal)],
      node('Cast', [equal], ones, { to: dataType.float32 }),
      ...[node('ArgMax', [ones], place, { axis: 1, keepdims: 0 }), named],
    ],
    initializer: [vector(own, values.map(Number)), vector(shape, [-1, 1])],
  };
}

/** Another text than those has a place that there is none of: the run fails, and answers no wrong class. */
function placeOfText(flat: string, place: string, values: readonly string[], mlOpset: number): NodeProto {
  const texts = { type: attributeType.strings, strings: values.map((value) => Buffer.from(value)) };
  const otherwise = { name: 'default_int64', type: attributeType.int, i: values.length };
  const places = { name: 'values_int64s', type: attributeType.ints, ints: values.map((_, at) => at) };
  const attribute =
    mlOpset < KEYS
      ? [{ name: 'classes_strings', ...texts }, otherwise]
      : [{ name: 'keys_strings', ...texts }, places, otherwise];
  return { ...node('LabelEncoder', [flat], place), domain: ML_DOMAIN, attribute };
}
