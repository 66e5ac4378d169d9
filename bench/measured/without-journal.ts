import type { Store } from '../../src/store/store.ts';

/** A store that records no intents: what they cost is what it is faster by. For measurements only. */
export function withoutJournal(store: Store): Store {
  let last = 0;
  const apply = replacing(store.apply, {
    addIntents: async (intents: readonly unknown[]) => intents.map(() => ++last),
    removeIntents: async () => undefined,
  });
  return replacing(store, { apply });
}

function replacing<T extends object>(inner: T, members: Readonly<Record<string, unknown>>): T {
  return new Proxy(inner, {
    get: (target, name) => {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
