import { type Listening, startPythonServer } from './python-server.ts';

export interface PredictServer extends AsyncDisposable {
  readonly base: string;
  readonly pid: number;
}

/** FastAPI with ONNX Runtime and the model of a file; undefined where it cannot be installed. */
export async function startPredictServer(model: string): Promise<PredictServer | undefined> {
  const title = 'FastAPI with ONNX Runtime';
  const started = await startPythonServer<Listening>({ title, name: 'predict', args: [model] });
  if (!started) return undefined;
  const { said, ...server } = started;
  return { ...server, base: said.base };
}
