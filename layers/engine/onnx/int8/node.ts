import { attributeType, type NodeProto } from '../proto.ts';

/** A node of the standard operators, with whole numbers as attributes. Its name is that of its first output. */
export const plainNode = (
  opType: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, number>> = {},
): NodeProto => ({
  name: `${output[0]}.${opType}`,
  opType,
  domain: '',
  input,
  output,
  attribute: Object.entries(attributes).map(([name, i]) => ({ name, type: attributeType.int, i })),
});
