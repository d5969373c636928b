import { describe } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { runExamples } from '../examples.ts';
import { is } from '../shape.ts';

const world = useHost();

describe('the document’s health check', () => {
  runExamples(
    () => world.base,
    [
      {
        name: 'GET /',
        call: () => ({ method: 'GET', path: '/' }),
        status: 200,
        body: { message: is('Welcome to the Deep Learning Platform') },
      },
    ],
  );
});
