import { describe, expect, test } from '@jest/globals';
import { backupName, managerId, modelName } from '#domain/vault/names.ts';
import { actionOf } from '#functions/manager/audit/actions.ts';
import { describedRoutes } from '#functions/manager/routes.ts';

const NAMES = { manager_id: managerId, model_name: modelName, backup_name: backupName } as const;
const paths = describedRoutes.map(({ path }) => path.split('/'));

/** What stands in a path of a route where another one has this parameter, behind the same segments. */
function wordsAt(parameter: string): string[] {
  const before = paths.flatMap((path) => {
    const at = path.indexOf(`{${parameter}}`);
    return at < 0 ? [] : [path.slice(0, at).join('/')];
  });
  const words = paths.flatMap((path) =>
    path.filter((word, at) => !word.startsWith('{') && before.includes(path.slice(0, at).join('/'))),
  );
  return [...new Set(words)];
}

test('every route of a manager has an action of the audit trail', () => {
  const ofManagers = describedRoutes.filter(({ path }) => path.includes('{manager_id}'));
  expect(ofManagers.length).toBeGreaterThan(30);
  expect(ofManagers.filter((route) => actionOf(route) === undefined).map(({ path }) => path)).toEqual([]);
});

describe.each(Object.entries(NAMES))('a name that is the %s of a path', (parameter, schema) => {
  test('is none of the words that routes have there', () => {
    const words = wordsAt(parameter);
    expect(words.length).toBeGreaterThan(1);
    expect(words.filter((word) => schema.safeParse(word).success)).toEqual([]);
  });
});
