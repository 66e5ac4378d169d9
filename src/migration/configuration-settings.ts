import type { Config, ScopeConfig, SourceConfig, TargetConfig } from '../config.ts';
import { normalizeDn } from '../model/dn.ts';
import { findKind, type SectionKind, type SectionKinds, valueAt } from './section-kind.ts';
import { certificateSetting, entriesOf, pathSetting, plainSetting, type Setting, secretSetting } from './setting.ts';

/** Everything of a configuration that is neither a source, the target nor a rule, as it means. */
export function generalSettings(config: Config): readonly Setting[] {
  const {
    file: _file,
    folder,
    sources: _sources,
    target: _target,
    store,
    rules,
    identity,
    schedule,
    standby,
    ...others
  } = config;
  return [
    pathSetting('store', folder, store.path, `${store.driver}:`),
    plainSetting('rules', rules.includes('standard') ? 'with the shipped rules' : 'without the shipped rules'),
    ...Object.entries(identity).map(([key, value]) => plainSetting(`identity.${key}`, identityText(value))),
    ...Object.entries(schedule).map(([key, value]) => plainSetting(`schedule.${key}`, durationText(value))),
    ...standbySettings(standby, folder),
    ...leavesOf(others).map(({ path, value }) => plainSetting(path.join('.'), valueText(value))),
  ];
}

function standbySettings(standby: Config['standby'], folder: string): readonly Setting[] {
  if (standby === null) return [];
  const { folder: shared, server, follow, keep, deadAfter } = standby;
  return [
    pathSetting('standby.folder', folder, shared),
    plainSetting('standby.server', server ?? '(the name of the host)'),
    plainSetting('standby.follow', String(follow)),
    plainSetting('standby.keep', valueText(keep)),
    plainSetting('standby.deadAfter', deadAfter === null ? '(three cycles)' : durationText(deadAfter)),
  ];
}

function identityText(value: Config['identity'][keyof Config['identity']]): string {
  return typeof value === 'string' ? value : `attribute ${value.attribute}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

function durationText(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, one]) => milliseconds % one === 0) ?? ['ms', 1];
  return `${milliseconds / length}${unit}`;
}

export function sourceSettings(source: SourceConfig, folder: string, kinds: SectionKinds): readonly Setting[] {
  const kind = findKind(kinds.sources, source.kind);
  return [
    plainSetting('kind', source.kind),
    ...sectionSettings(source.section, kind, folder),
    ...scopeSettings(source.scope),
  ];
}

function scopeSettings({ include, exclude, groups }: ScopeConfig): readonly Setting[] {
  return [
    ...entriesOf('scope.include', include, normalizeDn, '(everything)'),
    ...entriesOf('scope.exclude', exclude, normalizeDn, '(nothing)'),
    ...entriesOf('scope.groups', groups, normalizeDn, '(no limit)'),
  ];
}

export function targetSettings(target: TargetConfig, folder: string, kinds: SectionKinds): readonly Setting[] {
  const kind = findKind(kinds.targets, target.kind);
  return [plainSetting('kind', target.kind), ...sectionSettings(target.section, kind, folder)];
}

function sectionSettings(section: unknown, { facts }: SectionKind, folder: string): readonly Setting[] {
  const isWhole = (key: string) => facts.secrets.includes(key) || key in facts.files;
  return leavesOf(facts.spell(section as never), isWhole).map(({ path, value }) => {
    const key = path.join('.');
    if (facts.secrets.includes(key)) return secretSetting(key, folder, value as object);
    const content = facts.files[key];
    if (content === 'certificates') return certificateSetting(key, folder, String(value));
    if (content !== undefined) return pathSetting(key, folder, String(value));
    const written = valueAt(section, key);
    return plainSetting(key, valueText(written ?? value), valueText(value));
  });
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The values of nested keys; a list is one value. `isWhole`: keys that are not looked into. */
function leavesOf(
  keys: object,
  isWhole: (key: string) => boolean = () => false,
  above: readonly string[] = [],
): readonly Leaf[] {
  return Object.entries(keys).flatMap(([key, value]): readonly Leaf[] => {
    const path = [...above, key];
    if (value === undefined) return [];
    const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isNested && !isWhole(path.join('.')) ? leavesOf(value, isWhole, path) : [{ path, value }];
  });
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"](.*[^\s"])?$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const told = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{ ${told.map(([key, one]) => `${key}: ${valueText(one)}`).join(', ')} }`;
}
