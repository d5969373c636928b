/**
 * ONNX Runtime connects to its vendor with a process's first session, and queues for it, in files below the home
 * directory, what it knows of each model, metadata included. Before that it looks once whether a variable of the process
 * forbids it. Importing this module sets the variable, so it is imported before the runtime is (`runtime.ts`); where that
 * is in vain it throws, rather than let the runtime be loaded.
 */
import process from 'node:process';

/** What a process that may load the runtime is started with. */
export const TELEMETRY_OFF = { ORT_DISABLE_TELEMETRY: '1' } as const;

const [[name, value]] = Object.entries(TELEMETRY_OFF) as [[string, string]];
process.env[name] = value;
if (environmentOfProcess()?.[name] !== value)
  throw new Error(
    `ONNX Runtime is not loaded: ${name} must be ${value} in the environment of the process, of which this thread has only a copy; import layers/engine/telemetry.ts in the main thread first`,
  );

/** What native code sees: `process.env` is a copy of it in a worker thread, and in the realm of a test. */
function environmentOfProcess(): Readonly<Record<string, string>> | undefined {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  // Otherwise it looks up the names of all addresses that the process is connected to.
  report.excludeNetwork = true;
  try {
    const { environmentVariables } = report.getReport() as { environmentVariables?: Record<string, string> };
    return environmentVariables;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
