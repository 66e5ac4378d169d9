import { type Identity, STANDARD_IDENTITY } from '../rules/identity.ts';
import type { ConnectConnector } from './connect-connector.ts';
import { isTrue } from './connect-rule.ts';
import { NO_WRITEBACK } from './connect-rules.ts';
import { IDENTITY_SETTINGS, importIdentity } from './import-identity.ts';
import { type ImportLine, line } from './import-report.ts';
import type { ConnectExport } from './read-export.ts';
import type { Explained } from './rule-difference.ts';

/** The keys of `dirbridge.yaml` beside its sources, with a line for every setting of the server. */
export interface ImportedSettings {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  /** What in the rules of Active Directory comes of these choices. */
  readonly explained: Explained;
  readonly lines: readonly ImportLine[];
}

type Verdict = ImportLine | readonly ImportLine[];

/** Puts the settings of the server into keys. */
export function importSettings(source: ConnectExport): ImportedSettings {
  const lines: ImportLine[] = [];
  const target = targetOf(
    source.connectors.find((connector) => connector.kind === 'tenant'),
    lines,
  );
  const { identity, explained } = importIdentity(source, lines);
  const guards = guardsOf(source.settings, lines);
  const schedule = scheduleOf(source.settings, lines);
  const passwords = passwordsOf(source, lines);
  for (const [name, value] of source.settings) if (!READ.has(name)) lines.push(...[judge(name, value)].flat());
  lines.push(
    line.taken(
      'setting',
      'staging',
      'true, whatever it was there: while Connect still writes to the tenant nobody else should; take it out when Connect is stopped',
    ),
  );
  const keys = {
    target,
    rules: ['standard', './rules.yaml'],
    staging: true,
    ...(Object.keys(identity).length === 0 ? {} : { identity }),
    ...guards,
    ...passwords,
    ...schedule,
  };
  return { keys, identity: { ...STANDARD_IDENTITY, ...identity }, explained, lines };
}

const PREFIX = {
  feature: 'Microsoft.OptionalFeature.',
  run: 'Microsoft.Synchronize.',
} as const;

/** Settings that a function of their own reads. */
const READ: ReadonlySet<string> = new Set([
  ...IDENTITY_SETTINGS,
  `${PREFIX.feature}ExportDeletionThreshold`,
  `${PREFIX.feature}ExportDeletionThresholdValue`,
  `${PREFIX.feature}PasswordHashSync`,
  `${PREFIX.run}TimeInterval`,
]);

function targetOf(connector: ConnectConnector | undefined, lines: ImportLine[]): Readonly<Record<string, unknown>> {
  const user = connector?.parameters.get('UserName') ?? '';
  const name = (user.split('@')[1] ?? '') || (connector?.name ?? '').split(' ')[0] || '';
  const tenant = /^[A-Za-z0-9.-]+$/.test(name) ? name : 'REPLACE-ME.onmicrosoft.com';
  lines.push(
    tenant === name
      ? line.taken('setting', 'target.tenant', tenant)
      : line.left('setting', 'target.tenant', 'not named there: put it in place of REPLACE-ME'),
    line.left(
      'setting',
      'target.clientId',
      `${user === '' ? 'its account' : user} is an account of Connect alone: register an application for Dirbridge and put its id in`,
    ),
    line.left(
      'setting',
      'target.clientSecret',
      'a secret never comes along: put it into the environment variable DIRBRIDGE_CLIENT_SECRET',
    ),
  );
  if (connector !== undefined)
    lines.push(
      line.standard(
        'setting',
        `${connector.name}: run profiles, page sizes, watermark`,
        'Dirbridge finds its own; the first import is a full one',
      ),
      line.standard(
        'setting',
        `${connector.name}: attributes`,
        `${connector.attributes.length} selected there; Dirbridge writes those that its rules give`,
      ),
    );
  return {
    kind: 'entra',
    tenant,
    clientId: '00000000-0000-0000-0000-000000000000',
    clientSecret: { env: 'DIRBRIDGE_CLIENT_SECRET' },
  };
}

const OUR_LIMIT = 500;

function guardsOf(settings: ReadonlyMap<string, string>, lines: ImportLine[]): Readonly<Record<string, unknown>> {
  const isOn = settings.get(`${PREFIX.feature}ExportDeletionThreshold`);
  const text = settings.get(`${PREFIX.feature}ExportDeletionThresholdValue`) ?? '';
  const name = 'guards.deletions.count';
  if (isOn === undefined) return {};
  if (!isTrue(isOn)) {
    lines.push(
      line.left(
        'setting',
        name,
        `the limit is off there; ours of ${OUR_LIMIT} stays on: a plan over it waits for an approval`,
      ),
    );
    return {};
  }
  if (!/^\d{1,9}$/.test(text)) {
    lines.push(line.left('setting', name, `"${text}" is no number that we can read; ours is ${OUR_LIMIT}`));
    return {};
  }
  const count = Number(text);
  lines.push(
    count === OUR_LIMIT
      ? line.standard(
          'setting',
          name,
          `${count}, as is our default; we also stop at 10 percent of a type (guards.deletions.percent)`,
        )
      : line.taken('setting', name, `${count}; we also stop at 10 percent of a type (guards.deletions.percent)`),
  );
  return count === OUR_LIMIT ? {} : { guards: { deletions: { count } } };
}

const OUR_INTERVAL = '30m';

function scheduleOf(settings: ReadonlyMap<string, string>, lines: ImportLine[]): Readonly<Record<string, unknown>> {
  const text = settings.get(`${PREFIX.run}TimeInterval`);
  if (text === undefined) return {};
  const every = intervalOf(text);
  if (every === null)
    lines.push(
      line.left('setting', 'schedule.every', `"${text}" is no interval that we can read; ours is ${OUR_INTERVAL}`),
    );
  else if (every === OUR_INTERVAL)
    lines.push(line.standard('setting', 'schedule.every', `${every}, as is our default`));
  else lines.push(line.taken('setting', 'schedule.every', every));
  return every === null || every === OUR_INTERVAL ? {} : { schedule: { every } };
}

/** `d.HH:mm:ss` as a duration of ours, in the largest unit that fits. */
function intervalOf(text: string): string | null {
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text) ?? [];
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  if (total === 0 || total > 999_999) return null;
  if (total % 86_400 === 0) return `${total / 86_400}d`;
  if (total % 3600 === 0) return `${total / 3600}h`;
  return total % 60 === 0 ? `${total / 60}m` : `${total}s`;
}

function passwordsOf({ settings, connectors }: ConnectExport, lines: ImportLine[]): Readonly<Record<string, unknown>> {
  const isOn =
    isTrue(settings.get(`${PREFIX.feature}PasswordHashSync`) ?? '') || connectors.some((one) => one.passwordSync);
  lines.push(
    isOn
      ? line.left(
          'setting',
          'passwords.method',
          'on there, and written as hash, which is experimental here and needs rights and a target that takes passwords (docs/guide/passwords.md): until they are there people keep the password that the tenant knows last',
        )
      : line.standard('setting', 'passwords.method', 'off, as is our default'),
  );
  return isOn ? { passwords: { method: 'hash' } } : {};
}

const WRITEBACK = `it ${NO_WRITEBACK}`;

/** What the features of the wizard mean here. */
const FEATURES: Readonly<Record<string, string>> = {
  PasswordWriteback: WRITEBACK,
  DeviceWriteBack: WRITEBACK,
  GroupWriteBack: WRITEBACK,
  UserWriteBack: WRITEBACK,
  HybridExchange: `${WRITEBACK}, so what Exchange Online changes does not come home`,
  DeviceWriteUp: 'Microsoft Graph does not let an application create the devices of a hybrid join',
  DirectoryExtension: 'directory extensions cannot be written yet; the flows are in the rules, see there',
  DirectoryExtensionAttributes: 'directory extensions cannot be written yet; the flows are in the rules, see there',
  FilterAAD: 'services or attributes are switched off there; where that changed a rule, the rule is told above',
  GroupFiltering: 'the group stands in the scope of its source, see there',
};

/** Settings that say nothing about what is synchronized. */
const IDLE: Readonly<Record<string, string>> = {
  'Microsoft.Synchronize.SynchronizationPolicy': 'delta or full is told from what changed',
  'Microsoft.Synchronize.MaintenanceEnabled': 'the store needs no maintenance',
  'Microsoft.Synchronize.NextStartTime': 'a moment of that server',
  'Microsoft.Synchronize.RunHistoryPurgeInterval': 'the history of runs is kept',
  'Microsoft.Synchronize.ServerConfigurationVersion': 'the version of that server',
  'Microsoft.Version.SynchronizationRuleImmutableTag': 'the form of the tags of its rules',
  'Microsoft.OptionalFeature.AutoUpgradeState': 'Dirbridge does not update itself',
};

function judge(name: string, value: string): Verdict {
  const idle = IDLE[name];
  const told = value === '' ? 'empty there' : `${shown(name, value)} there`;
  if (idle !== undefined) return line.standard('setting', name, `${told}: ${idle}`);
  if (
    name === `${PREFIX.run}StagingMode` ||
    name === `${PREFIX.run}SchedulerSuspended` ||
    name === `${PREFIX.run}SynchronizationSchedule`
  )
    return line.standard(
      'setting',
      name,
      `${told}: the import begins in staging mode, and nothing runs before you start it`,
    );
  if (value === '' || /^(false|0)$/i.test(value)) return line.standard('setting', name, `${told}, nothing to do`);
  const feature = name.startsWith(PREFIX.feature) ? FEATURES[name.slice(PREFIX.feature.length)] : undefined;
  if (feature !== undefined) return line.left('setting', name, `${told}: ${feature}`);
  if (name.startsWith('Microsoft.AADFilter.'))
    return line.left('setting', name, `${told}: ${FEATURES['FilterAAD'] ?? ''}`);
  return line.left('setting', name, `${told}: a setting that Dirbridge does not know`);
}

const LONGEST_SHOWN = 120;

/** A value of a setting for the report: never one that may be a secret, and no longer than a line. */
function shown(name: string, value: string): string {
  if (/pass(word|phrase)|pwd|secret|credential|token|(private|encryption|shared|api|access)[-_. ]?key/i.test(name))
    return '(not shown)';
  const line = value.replaceAll(/\s+/g, ' ');
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}...` : line;
}
