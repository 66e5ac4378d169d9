import type { Config, SourceConfig } from '../config.ts';
import { sourceSettings } from './configuration-settings.ts';
import type { Difference } from './difference.ts';
import type { SectionKinds } from './section-kind.ts';
import { diffSettings, plainSetting, type Setting } from './setting.ts';

interface KnownSource {
  readonly name: string;
  readonly settings: readonly Setting[];
}

/** Compares sources of the same name; one that is equal in all but its name is told as renamed. */
export function diffSources(a: Config, b: Config, kinds: SectionKinds): readonly Difference[] {
  const inA = knownSources(a, kinds);
  const inB = knownSources(b, kinds);
  const differences: Difference[] = [];
  const counterparts = new Map<string, string>();
  const onlyB = [...inB].filter(({ name }) => !inA.some((one) => one.name === name));
  for (const one of inA) {
    const same = inB.find(({ name }) => name === one.name);
    const twin = same ?? takeTwin(one, onlyB);
    if (twin === undefined) differences.push(whole(one.name, 'only-in-a', one.name, null));
    else {
      counterparts.set(twin.name, one.name);
      if (same === undefined) differences.push(whole(one.name, 'renamed', one.name, twin.name));
      else differences.push(...diffSettings('source', one.name, one.settings, same.settings));
    }
  }
  for (const { name } of onlyB) differences.push(whole(name, 'only-in-b', null, name));
  return [...diffOrder(inA, inB, counterparts), ...differences];
}

function knownSources({ sources, folder }: Config, kinds: SectionKinds): readonly KnownSource[] {
  return sources.map((source: SourceConfig) => ({
    name: source.name,
    settings: sourceSettings(source, folder, kinds),
  }));
}

function takeTwin(one: KnownSource, among: KnownSource[]): KnownSource | undefined {
  const at = among.findIndex(({ settings }) => diffSettings('source', '', one.settings, settings).length === 0);
  return at < 0 ? undefined : among.splice(at, 1)[0];
}

function whole(name: string, kind: Difference['kind'], a: string | null, b: string | null): Difference {
  return { area: 'source', name, key: '', kind, a, b };
}

/** Of two sources that give a value by the same rule the one that was read first wins, so their order has a meaning. */
function diffOrder(
  a: readonly KnownSource[],
  b: readonly KnownSource[],
  counterparts: ReadonlyMap<string, string>,
): readonly Difference[] {
  const known = new Set(counterparts.values());
  const order = (names: readonly string[]) => plainSetting('order of sources', names.join(', '));
  const orderA = order(a.map(({ name }) => name).filter((name) => known.has(name)));
  const orderB = order(b.flatMap(({ name }) => counterparts.get(name) ?? []));
  return diffSettings('setting', '', [orderA], [orderB]);
}
