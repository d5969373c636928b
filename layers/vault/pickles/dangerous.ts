/**
 * Imports with which a pickle can do harm as it is loaded: run programs or code, reach files or the network, load other
 * pickles, or get at any of these by name. No such list is complete. What is not on it is not thereby safe; only not
 * loading a pickle at all is.
 */
import { COMPUTED } from './machine.ts';

/** Modules of which everything counts, with all modules below them. */
const MODULES: readonly string[] = [
  // Programs, processes and files.
  ...[
    'os',
    'posix',
    'nt',
    'posixpath',
    'ntpath',
    'subprocess',
    '_posixsubprocess',
    'commands',
    'popen2',
    'pty',
    'shutil',
  ],
  ...['multiprocessing', '_multiprocessing', 'concurrent', 'threading', '_thread', 'signal', 'tempfile', 'glob'],
  ...['fileinput', 'linecache', 'mmap', 'fcntl', 'zipfile', 'tarfile', 'sqlite3', 'dbm', 'shelve', 'logging.config'],
  // Code.
  ...[
    'sys',
    'importlib',
    '_frozen_importlib',
    'imp',
    'pkgutil',
    'zipimport',
    'runpy',
    'code',
    'codeop',
    'marshal',
    'ast',
  ],
  ...['ctypes', '_ctypes', 'cffi', 'inspect', 'gc', 'timeit', 'trace', 'pdb', 'bdb', 'profile', 'cProfile', 'doctest'],
  ...['unittest', 'site', 'venv', 'ensurepip', 'pip', 'setuptools', 'distutils', 'lib2to3', 'idlelib', 'pydoc', 'test'],
  ...['_pyrepl', '_osx_support', 'sched', 'atexit'],
  // The network.
  ...[
    'socket',
    '_socket',
    'ssl',
    'asyncio',
    'selectors',
    'http',
    'httplib',
    'urllib',
    'urllib2',
    'urllib3',
    'requests',
  ],
  ...['httpx', 'aiohttp', 'ftplib', 'smtplib', 'poplib', 'imaplib', 'telnetlib', 'xmlrpc', 'xmlrpclib', 'webbrowser'],
  ...['socketserver', 'SocketServer', 'paramiko'],
  // Pickles within pickles.
  ...['pickle', '_pickle', 'cPickle', 'dill', 'cloudpickle', 'yaml', 'jsonpickle'],
  // Compilers and loaders of the machine-learning libraries.
  ...['torch.hub', 'torch.jit', 'torch.package', 'torch.utils.cpp_extension', 'torch.distributed', 'torch._dynamo'],
  ...['torch._inductor', 'torch.utils.bottleneck', 'torch.utils.collect_env'],
  ...['numpy.testing', 'numpy.f2py', 'numpy.distutils', 'numpy.ctypeslib', 'numexpr', 'sklearn.utils._testing'],
];

/** Single names of modules that are otherwise needed. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  builtins: [
    ...[
      'eval',
      'exec',
      'compile',
      'open',
      'input',
      '__import__',
      'breakpoint',
      'getattr',
      'setattr',
      'delattr',
      'vars',
    ],
    ...['globals', 'locals', 'help', 'exit', 'quit', 'apply', 'execfile', 'file', '__build_class__'],
  ],
  io: ['open', 'open_code', 'FileIO'],
  _io: ['open', 'open_code', 'FileIO'],
  types: ['CodeType', 'FunctionType', 'LambdaType', 'MethodType', 'ModuleType', 'GetSetDescriptorType'],
  operator: ['attrgetter', 'methodcaller'],
  _operator: ['attrgetter', 'methodcaller'],
  functools: ['partial', 'partialmethod', 'reduce'],
  _functools: ['partial', 'reduce'],
  logging: ['FileHandler'],
  platform: ['popen', '_syscmd_ver', '_syscmd_file', 'libc_ver'],
  uuid: ['_get_command_stdout', '_popen'],
  codecs: ['open', 'lookup', 'register'],
  copyreg: ['add_extension', 'pickle', 'constructor'],
  weakref: ['finalize'],
  numpy: ['load', 'fromfile', 'memmap', 'save', 'savez', 'savetxt', 'loadtxt', 'genfromtxt'],
  'numpy.lib.npyio': ['load', 'save', 'savez', 'savetxt', 'loadtxt', 'genfromtxt'],
  'numpy.lib._npyio_impl': ['load', 'save', 'savez', 'savetxt', 'loadtxt', 'genfromtxt'],
  pandas: ['read_pickle', 'to_pickle', 'eval', 'read_sql', 'read_html', 'read_csv', 'read_json', 'read_excel'],
  'pandas.io.pickle': ['read_pickle', 'to_pickle'],
  'pandas.core.computation.eval': ['eval'],
  torch: ['load', 'save', 'compile'],
  'torch.serialization': ['load', 'save'],
  joblib: ['load', 'dump', 'Parallel', 'delayed', 'Memory'],
  'joblib.numpy_pickle': ['load', 'dump', 'load_temporary_memmap'],
  'sklearn.externals.joblib': ['load', 'dump'],
};

const dangerousModules: ReadonlySet<string> = new Set(MODULES);
/** Unpicklers read the names of Python 2 as those of Python 3. */
const dangerousNames: ReadonlySet<string> = new Set(
  Object.entries({ ...NAMES, __builtin__: NAMES.builtins!, copy_reg: NAMES.copyreg! }).flatMap(([module, names]) =>
    names.map((name) => `${module}.${name}`),
  ),
);

/** `name` as a scan lists it: `module.name`, where both may have dots. */
export function isDangerous(name: string): boolean {
  if (name === COMPUTED) return true;
  const parts = name.split('.');
  return parts.some((part, i) => {
    const upTo = parts.slice(0, i + 1).join('.');
    // An attribute of a harmless module may be a dangerous one: `numpy.os.system`, `torch.serialization.os.system`.
    const reached = i > 0 && i < parts.length - 1 && TOP_LEVEL.has(part);
    return dangerousModules.has(upTo) || dangerousNames.has(upTo) || reached;
  });
}

/** Modules that others import under their own names, so that they can be reached as attributes. */
const TOP_LEVEL: ReadonlySet<string> = new Set([
  ...[
    'os',
    'sys',
    'subprocess',
    'builtins',
    '__builtins__',
    '__globals__',
    '__dict__',
    '__class__',
    'importlib',
    'shutil',
  ],
  ...['socket', 'ctypes', 'pickle', 'marshal', 'runpy', 'pty', '__loader__', '__spec__'],
]);
