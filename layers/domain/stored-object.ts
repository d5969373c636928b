import { z } from 'zod';
import { isPlainObject } from './canonical-json.ts';

/**
 * An object with any JSON, as the table has it. The table holds nothing else, so its parts are not looked at again: for a
 * list of records that would take longer than reading them.
 */
export const storedObject = z.custom<Record<string, z.core.util.JSONType>>(isPlainObject, 'must be an object');
