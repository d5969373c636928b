/**
 * A port of a service that most calls of a function do not need. Its module, with the service's client, is loaded with the
 * first call of one of its methods: each client that is loaded at a cold start makes that longer by about 10 ms.
 * @param known what is known of it before that
 */
export function lazily<T extends object, K extends keyof T = never>(load: () => Promise<T>, known?: Pick<T, K>): T {
  let loading: Promise<T> | undefined;
  const loaded = (): Promise<T> => {
    loading ??= load();
    return loading;
  };
  return new Proxy({ ...known } as T, {
    get: (target, name) => {
      // A promise that is resolved with it looks whether it is one, too.
      if (Object.hasOwn(target, name) || typeof name === 'symbol' || name === 'then') return Reflect.get(target, name);
      return async (...args: unknown[]) => {
        const port = await loaded();
        return (port[name as keyof T] as (...given: unknown[]) => unknown).apply(port, args);
      };
    },
  });
}
