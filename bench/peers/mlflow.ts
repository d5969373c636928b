import { type Listening, startPythonServer } from './python-server.ts';

/** What `mlflow_app.py` says once the server listens. */
interface Ready extends Listening {
  /** The process that answers. */
  readonly pid: number;
  readonly experiment: string;
}

export interface MlflowServer extends AsyncDisposable {
  readonly base: string;
  readonly pid: number;
  /** The experiment of its runs. */
  readonly experiment: string;
}

/** `mlflow server` on SQLite with so many registered models, each from a run; undefined where it cannot be installed. */
export async function startMlflow(models: number): Promise<MlflowServer | undefined> {
  const started = await startPythonServer<Ready>({ title: 'MLflow', name: 'mlflow', args: [String(models)] });
  if (!started) return undefined;
  const { said, ...server } = started;
  return { ...server, base: said.base, pid: said.pid, experiment: said.experiment };
}
