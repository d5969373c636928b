import { type Listening, startPythonServer } from './python-server.ts';

/** What `fastapi_app.py` says once it listens. */
interface Ready extends Listening {
  readonly username: string;
  readonly password: string;
  readonly job_id: string;
}

export interface FastApi extends AsyncDisposable {
  readonly base: string;
  readonly pid: number;
  readonly account: { readonly username: string; readonly password: string; readonly jobId: string };
}

/** FastAPI on a new database with an account of so many models; undefined where it cannot be installed. */
export const startFastApi = (models: number): Promise<FastApi | undefined> => start('fastapi', [String(models)]);

/** The same, which also predicts with the model of a file. */
export const startMixedFastApi = (models: number, model: string): Promise<FastApi | undefined> =>
  start('mixed', [String(models), model]);

async function start(name: string, args: readonly string[]): Promise<FastApi | undefined> {
  const started = await startPythonServer<Ready>({ title: 'FastAPI', name, args });
  if (!started) return undefined;
  const { said, ...server } = started;
  const { base, username, password, job_id: jobId } = said;
  return { base, account: { username, password, jobId }, ...server };
}
