/** The model servers of the frameworks: where each wants the file, how it is started, and how it says that it is ready. */

export const PORT = 8080;
export const FOLDER = '/mnt/models';

export interface Server {
  /** As KServe names the format. */
  readonly format: string;
  readonly image: string;
  /** Of the Open Inference Protocol that it speaks; KServe chooses a runtime by it. */
  readonly protocol: 'v1' | 'v2';
  readonly command?: readonly string[];
  readonly args: (service: string) => readonly string[];
  /** Where the model's file is, below the folder of models. */
  readonly file: (service: string) => string;
  readonly ready: (service: string) => string;
  readonly live: (service: string) => string;
}

/** The Open Inference Protocol's. */
const OIP = { protocol: 'v2', ready: () => '/v2/health/ready', live: () => '/v2/health/live' } as const;

const kserve = (format: string, image: string, file: string): Server => ({
  ...{ format, image, ...OIP },
  args: (service) => [`--model_name=${service}`, `--model_dir=${FOLDER}`, `--http_port=${PORT}`],
  file: () => file,
});

/** A repository of models has a folder for each, with one for each version. */
const ONNX: Server = {
  ...{ format: 'onnx', image: 'nvcr.io/nvidia/tritonserver:25.03-py3', ...OIP },
  command: ['tritonserver'],
  args: () => [`--model-repository=${FOLDER}`, `--http-port=${PORT}`],
  file: (service) => `${service}/1/model.onnx`,
};

const TENSORFLOW: Server = {
  ...{ format: 'tensorflow', image: 'tensorflow/serving:2.19.1', protocol: 'v1' },
  args: (service) => [`--model_name=${service}`, `--model_base_path=${FOLDER}/${service}`, `--rest_api_port=${PORT}`],
  file: (service) => `${service}/1/saved_model.pb`,
  ready: (service) => `/v1/models/${service}`,
  live: (service) => `/v1/models/${service}`,
};

const SCIKIT_LEARN = kserve('sklearn', 'kserve/sklearnserver:v0.15.2', 'model.pkl');

const SERVERS: Readonly<Record<string, Server>> = {
  sklearn: SCIKIT_LEARN,
  'scikit-learn': SCIKIT_LEARN,
  xgboost: kserve('xgboost', 'kserve/xgbserver:v0.15.2', 'model.bst'),
  lightgbm: kserve('lightgbm', 'kserve/lgbserver:v0.15.2', 'model.bst'),
  tensorflow: TENSORFLOW,
};

/** That of the framework; the one for ONNX where it has none of its own here. */
export const serverFor = (framework: string | null): Server =>
  new Map(Object.entries(SERVERS)).get(framework?.toLowerCase() ?? '') ?? ONNX;
