/** How often each operation was answered, in what time, and how often a kill came in the middle of it. */
import { OPERATIONS, type Operation } from './vault.ts';

interface Line {
  answered: number;
  killed: number;
  milliseconds: number;
}

/** Before one has been measured. */
const GUESS_MS = 300;

export class Tally {
  readonly #lines = new Map<Operation, Line>(
    OPERATIONS.map((operation) => [operation, { answered: 0, killed: 0, milliseconds: 0 }]),
  );

  answered(operation: Operation, milliseconds: number): void {
    const line = this.#lines.get(operation)!;
    line.answered += 1;
    line.milliseconds += milliseconds;
  }

  killed(operation: Operation): void {
    this.#lines.get(operation)!.killed += 1;
  }

  /** How long it takes on average. */
  expected(operation: Operation): number {
    const { answered, milliseconds } = this.#lines.get(operation)!;
    return answered === 0 ? GUESS_MS : milliseconds / answered;
  }

  /** As a table of Markdown. */
  table(): string {
    const lines = [...this.#lines].map(
      ([operation, { answered, killed }]) =>
        `| ${operation} | ${killed} | ${answered} | ${Math.round(this.expected(operation))} |`,
    );
    return ['| Operation | Killed in the middle | Answered | Mean, ms |', '| --- | --- | --- | --- |', ...lines].join(
      '\n',
    );
  }
}
