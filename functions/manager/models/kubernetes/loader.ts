/** The container that loads the model before its server starts, with the key and the password of a Secret. */
import { FOLDER } from './servers.ts';

const IMAGE = 'python:3.13-alpine';

/** Everything that differs is in the environment, so that nothing is quoted. */
const COMMON = [
  'import base64, json, os, urllib.request as r',
  'e = os.environ',
  "os.makedirs(os.path.dirname(e['MODEL_FILE']), exist_ok=True)",
  "body = {'model_name': e['MODEL_NAME']}",
  "if e.get('PASSWORD'): body['password'] = e['PASSWORD']",
  "url = e['VAULT_URL'] + '/api/model-manager/' + e['MANAGER_ID'] + '/models/'",
  "headers = {'X-API-Key': e['API_KEY'], 'Content-Type': 'application/json'}",
  'ask = lambda what: json.load(r.urlopen(r.Request(url + what, json.dumps(body).encode(), headers)))',
];

const LOAD = [...COMMON, "open(e['MODEL_FILE'], 'wb').write(base64.b64decode(ask('load')['model_data']))"].join('\n');

/** For a model that no response carries: it may have to be staged first. */
const DOWNLOAD = [
  ...COMMON,
  'import hashlib, time',
  "while 'download_url' not in (got := ask('download')): time.sleep(2)",
  "r.urlretrieve(got['download_url'], e['MODEL_FILE'])",
  "with open(e['MODEL_FILE'], 'rb') as f: digest = hashlib.file_digest(f, 'sha256').hexdigest()",
  "if digest != got['hash']: raise SystemExit('what came is not the model: its SHA-256 is ' + digest)",
].join('\n');

export interface Loading {
  readonly vaultUrl: string;
  readonly managerId: string;
  readonly modelName: string;
  readonly file: string;
  readonly secret: string;
  /** Whether a response carries it. */
  readonly inBody: boolean;
  readonly resources: object;
  readonly securityContext: object;
}

export function loaderOf(of: Loading) {
  const secret = (key: string, optional: boolean) => ({ secretKeyRef: { name: of.secret, key, optional } });
  return {
    name: 'load-model',
    image: IMAGE,
    command: ['python3', '-c', of.inBody ? LOAD : DOWNLOAD],
    env: [
      { name: 'VAULT_URL', value: of.vaultUrl.replace(/\/$/, '') },
      { name: 'MANAGER_ID', value: of.managerId },
      { name: 'MODEL_NAME', value: of.modelName },
      { name: 'MODEL_FILE', value: `${FOLDER}/${of.file}` },
      { name: 'API_KEY', valueFrom: secret('api-key', false) },
      { name: 'PASSWORD', valueFrom: secret('password', true) },
    ],
    volumeMounts: [{ name: 'model', mountPath: FOLDER }],
    resources: of.resources,
    securityContext: of.securityContext,
  };
}
