export const KEY = 'a key of the operator, for faults';
