import type { ConnectConnector, ConnectPartition } from './connect-connector.ts';
import { type ImportLine, line } from './import-report.ts';

/** The sections of `dirbridge.yaml` that come of the connectors of an export. */
export interface ImportedSources {
  readonly sources: readonly Readonly<Record<string, unknown>>[];
  readonly lines: readonly ImportLine[];
}

/** Every selected domain of every forest becomes a source: one source is one domain. */
export function importSources(connectors: readonly ConnectConnector[]): ImportedSources {
  const lines: ImportLine[] = [];
  const names = new Set<string>();
  const sources = connectors
    .filter((connector) => connector.kind === 'ad')
    .flatMap((connector) => {
      const partitions = connector.partitions.length > 0 ? connector.partitions : [partitionOfPolicy(connector)];
      const own = partitions.filter((partition) => isSynchronized(connector, partition, lines));
      lines.push(...connectorLines(connector));
      return own.map((partition) => sourceOf(connector, partition, nameFor(partition, names), lines));
    });
  for (const connector of connectors.filter((one) => one.kind === 'other'))
    lines.push(
      line.left(
        'setting',
        connector.name,
        `a connector of kind ${connector.category}: Dirbridge reads Active Directory, LDIF and CSV`,
      ),
    );
  return { sources, lines };
}

/** A policy names its forests and nothing more. */
function partitionOfPolicy({ name }: ConnectConnector): ConnectPartition {
  const dn = name
    .split('.')
    .map((part) => `DC=${part}`)
    .join(',');
  return { dn, selected: true, isDomain: true, fqdn: name, lastServer: '', classes: [], include: [], exclude: [] };
}

function isSynchronized(connector: ConnectConnector, { dn, selected }: ConnectPartition, lines: ImportLine[]): boolean {
  if (!selected)
    lines.push(line.standard('setting', `${connector.name}: ${dn}`, 'not selected there, so no source is written'));
  return selected;
}

function nameFor({ fqdn, dn }: ConnectPartition, names: Set<string>): string {
  const plain =
    (fqdn || dn)
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 60) || 'source';
  let name = plain.toLowerCase() === 'tenant' ? `${plain}-source` : plain;
  for (let number = 2; names.has(name.toLowerCase()); number++) name = `${plain}-${number}`;
  names.add(name.toLowerCase());
  return name;
}

function sourceOf(
  connector: ConnectConnector,
  partition: ConnectPartition,
  name: string,
  lines: ImportLine[],
): Readonly<Record<string, unknown>> {
  const server = partition.lastServer || partition.fqdn;
  const told =
    partition.lastServer === ''
      ? 'no controller is named there, so the name of the domain'
      : 'the controller that it used last';
  lines.push(
    line.taken(
      'setting',
      `${name}: servers`,
      `ldaps://${server}: ${told}; name further ones, and the CA of their certificates under tls`,
    ),
  );
  const user = accountOf(connector);
  lines.push(
    line.taken(
      'setting',
      `${name}: user`,
      user.startsWith('REPLACE')
        ? 'no account is named there: put one in'
        : `${user}: it may read what Connect read; give Dirbridge an account of its own before you remove Connect`,
    ),
    line.left(
      'setting',
      `${name}: password`,
      `a secret never comes along: put it into the file ./secrets/${name}-password, mode 600`,
    ),
  );
  return {
    name,
    kind: 'ad',
    servers: [`ldaps://${server}`],
    user,
    password: { file: `./secrets/${name}-password` },
    ...scopeOf(connector, partition, name, lines),
  };
}

function accountOf({ parameters }: ConnectConnector): string {
  const user = parameters.get('forest-login-user') ?? '';
  const domain = parameters.get('forest-login-domain') ?? '';
  if (user === '') return 'REPLACE-ME';
  return user.includes('@') || user.includes('\\') || domain === '' ? user : `${user}@${domain}`;
}

function scopeOf(
  connector: ConnectConnector,
  partition: ConnectPartition,
  name: string,
  lines: ImportLine[],
): Readonly<Record<string, unknown>> {
  const { include, exclude } = containersOf(partition);
  const group = connector.parameters.get('Connector.GroupFilteringGroupDn') ?? '';
  const isOurs = group !== '' && isBelow(group, partition.dn);
  const groups = isOurs ? [group] : [];
  for (const dn of include) lines.push(line.taken('setting', `${name}: scope.include`, dn));
  for (const dn of exclude) lines.push(line.taken('setting', `${name}: scope.exclude`, dn));
  if (include.length + exclude.length === 0)
    lines.push(line.standard('setting', `${name}: scope`, 'the whole domain, as is our default'));
  if (isOurs) lines.push(line.taken('setting', `${name}: scope.groups`, `${group}: only its direct members`));
  else if (group === '') lines.push(line.standard('setting', `${name}: scope.groups`, 'no group filter there'));
  else
    lines.push(
      line.left(
        'setting',
        `${name}: scope.groups`,
        `the group ${group} is in another domain, and a source knows its own groups only`,
      ),
    );
  if (include.length + exclude.length + groups.length === 0) return {};
  return {
    scope: {
      ...(include.length > 0 ? { include } : {}),
      ...(exclude.length > 0 ? { exclude } : {}),
      ...(groups.length > 0 ? { groups } : {}),
    },
  };
}

/**
 * Here as there the nearest container above an object decides. Connect writes "all but" as the domain excluded and containers included; with
 * includes everything else is out anyway, so what is excluded outside of them says nothing.
 */
function containersOf({ dn, include, exclude }: ConnectPartition): {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
} {
  const isRoot = (one: string): boolean => normal(one) === normal(dn);
  const inner = include.filter((one) => !isRoot(one));
  const isRootOut = exclude.some(isRoot);
  const isRootIn = include.some(isRoot) || (!isRootOut && inner.length === 0);
  const excluded = exclude.filter((one) => !isRoot(one));
  if (!isRootIn)
    return { include: inner, exclude: excluded.filter((one) => inner.some((other) => isBelow(one, other))) };
  const again = inner.filter((one) => excluded.some((other) => isBelow(one, other)));
  return { include: again.length > 0 ? [dn, ...again] : [], exclude: excluded };
}

function isBelow(dn: string, container: string): boolean {
  return normal(dn) === normal(container) || normal(dn).endsWith(`,${normal(container)}`);
}

function normal(dn: string): string {
  return dn.replace(/\s*([,=])\s*/g, '$1').toLowerCase();
}

/** Everything else that a forest's connector holds. */
function connectorLines(connector: ConnectConnector): readonly ImportLine[] {
  const { name, parameters, partitions, attributes, runProfiles, passwordSync } = connector;
  const clear = parameters.get('simple-bind') === '1' && parameters.get('ssl-bind') !== '1';
  const classes = [...new Set(partitions.filter((one) => one.selected).flatMap((one) => one.classes))];
  return [
    line.standard(
      'setting',
      `${name}: connection`,
      clear ? 'a clear bind there; Dirbridge speaks LDAPS' : 'signed and sealed there; Dirbridge speaks LDAPS',
    ),
    line.standard(
      'setting',
      `${name}: object classes`,
      `${classes.length} selected there; Dirbridge reads what its rules are for`,
    ),
    line.standard(
      'setting',
      `${name}: attributes`,
      `${attributes.length} selected there; Dirbridge asks for those that its rules read`,
    ),
    line.standard(
      'setting',
      `${name}: run profiles`,
      `${runProfiles.join(', ') || 'none'}: "dirbridge sync" is all of them`,
    ),
    line.standard(
      'setting',
      `${name}: batch sizes, time limits, DirSync cookie`,
      'Dirbridge finds its own; the first import is a full one',
    ),
    passwordSync
      ? line.taken('setting', `${name}: password hash synchronization`, 'on there; see passwords')
      : line.standard('setting', `${name}: password hash synchronization`, 'off there'),
  ];
}
