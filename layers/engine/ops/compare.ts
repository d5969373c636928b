import { zeroGradient } from '../op.ts';
import { binary, unary } from './define.ts';
import { bools, floats, notStrings, numbers } from './domain.ts';

const row = { domain: numbers, result: 'bool', gradient: zeroGradient } as const;

export const equal = binary({ ...row, name: 'Equal', domain: notStrings });
export const greater = binary({ ...row, name: 'Greater' });
export const greaterOrEqual = binary({ ...row, name: 'GreaterOrEqual' });
export const less = binary({ ...row, name: 'Less' });
export const lessOrEqual = binary({ ...row, name: 'LessOrEqual' });

export const and = binary({ ...row, name: 'And', domain: bools });
export const or = binary({ ...row, name: 'Or', domain: bools });
export const xor = binary({ ...row, name: 'Xor', domain: bools });
export const not = unary({ ...row, name: 'Not', domain: bools });

export const isNan = unary({ ...row, name: 'IsNaN', domain: floats });
export const isInf = unary({ ...row, name: 'IsInf', domain: floats });
