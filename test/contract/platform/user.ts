/** What the examples of the document are tried with: a user, and the document's form of an upload. */
import { readFileSync } from 'node:fs';
import { beforeAll } from '@jest/globals';
import { User } from '#test/e2e/user.ts';
import type { World } from '#test/e2e/world.ts';

/** A user of an account of its own, registered before the tests of a file. */
export function useUser(world: World): { readonly user: User; readonly token: string } {
  let registered: User | undefined;
  beforeAll(async () => {
    registered = await User.register(world);
  });
  return {
    get user() {
      if (registered === undefined) throw new Error('the user has not been registered');
      return registered;
    },
    get token() {
      return this.user.client.token!;
    },
  };
}

/** Four features, as the document's predictions have, and the column `label`, which is a target by its name. */
export const table = (rows: number): string => {
  const lines = Array.from({ length: rows }, (_, i) => {
    const isCat = i % 2 === 0;
    return [isCat ? 0.9 : 0.1, 0.3 + (i % 5) / 10, 0.2, (i % 7) / 10, isCat ? 'cat' : 'dog'].join();
  });
  return `a,b,c,d,label\n${lines.join('\n')}\n`;
};

export const penguins = (): string => readFileSync('infra/embedded/demo/penguins.csv', 'utf8');

export function uploadForm(csv: string, fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  form.append('file', new File([csv], 'data.csv', { type: 'text/csv' }));
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}
