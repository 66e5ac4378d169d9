import { normalizeDn } from '../model/dn.ts';
import type { ConnectConnector, ConnectPartition } from './connect-connector.ts';
import { type ImportLine, line } from './import-report.ts';

/** The sections of `dirbridge.yaml` that come of the connectors of an export. */
export interface ImportedSources {
  readonly sources: readonly Readonly<Record<string, unknown>>[];
  /** By the id of a connector the name of its source, where it has one only. */
  readonly sourceNames: ReadonlyMap<string, string>;
  readonly lines: readonly ImportLine[];
}

/** Every selected domain of every forest becomes a source: one source is one domain. */
export function importSources(connectors: readonly ConnectConnector[], isGroupFilterOff: boolean): ImportedSources {
  const lines: ImportLine[] = [];
  const names = new Set<string>();
  const sourceNames = new Map<string, string>();
  const sources = connectors
    .filter((connector) => connector.kind === 'ad')
    .flatMap((connector) => {
      const partitions = connector.partitions.length > 0 ? connector.partitions : [partitionOfPolicy(connector)];
      const own = partitions.filter((partition) => isSynchronized(connector, partition, lines));
      lines.push(...connectorLines(connector));
      const written = own.map((partition) => {
        const name = nameFor(partition, names);
        return sourceOf(connector, partition, name, isGroupFilterOff, lines);
      });
      if (written.length === 1) sourceNames.set(connector.id, String(written[0]?.['name']));
      return written;
    });
  for (const connector of connectors.filter((one) => one.kind === 'other'))
    lines.push(
      line.left(
        'setting',
        connector.name,
        `a connector of kind ${connector.category}: Dirbridge reads Active Directory, LDIF and CSV`,
      ),
    );
  if (sources.length > 0) return { sources, sourceNames, lines };
  lines.push(
    line.left(
      'setting',
      'sources',
      'no domain is selected there, or no connector is in the export: put your directory in place of REPLACE-ME',
    ),
  );
  return { sources: [PLACEHOLDER], sourceNames, lines };
}

/** A configuration needs a source; this one reaches nobody. */
const PLACEHOLDER = {
  name: 'REPLACE-ME',
  kind: 'ad',
  servers: ['ldaps://REPLACE-ME.invalid'],
  user: 'REPLACE-ME',
  password: { file: './secrets/REPLACE-ME-password' },
};

/** A policy names its forests and nothing more. */
function partitionOfPolicy({ name }: ConnectConnector): ConnectPartition {
  const dn = name
    .split('.')
    .map((part) => `DC=${part}`)
    .join(',');
  return { dn, selected: true, isDomain: true, fqdn: name, lastServer: '', classes: [], include: [], exclude: [] };
}

function isSynchronized(connector: ConnectConnector, partition: ConnectPartition, lines: ImportLine[]): boolean {
  const why = whyNot(partition);
  if (why !== null)
    lines.push(line.standard('setting', `${connector.name}: ${partition.dn}`, `${why}, so no source is written`));
  return why === null;
}

function whyNot(partition: ConnectPartition): string | null {
  if (!partition.selected) return 'not selected there';
  if (!partition.isDomain) return 'no domain';
  const { include, isRootIn } = containersOf(partition);
  return !isRootIn && include.length === 0 ? 'no container of it is selected there' : null;
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
  isGroupFilterOff: boolean,
  lines: ImportLine[],
): Readonly<Record<string, unknown>> {
  const [server, told] = serverOf(partition);
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
    ...scopeOf(connector, partition, name, isGroupFilterOff, lines),
  };
}

function serverOf({ lastServer, fqdn }: ConnectPartition): readonly [string, string] {
  const isHost = (text: string): boolean => /^[A-Za-z0-9_.-]+$/.test(text);
  if (isHost(lastServer)) return [lastServer, 'the controller that it used last'];
  if (isHost(fqdn)) return [fqdn, 'no controller is named there, so the name of the domain'];
  return ['REPLACE-ME.invalid', 'neither a controller nor the name of the domain can be read: put it in'];
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
  isGroupFilterOff: boolean,
  lines: ImportLine[],
): Readonly<Record<string, unknown>> {
  const { include, exclude } = containersOf(partition);
  const groups = groupsOf(connector, partition, name, isGroupFilterOff, lines);
  for (const dn of include) lines.push(line.taken('setting', `${name}: scope.include`, dn));
  for (const dn of exclude) lines.push(line.taken('setting', `${name}: scope.exclude`, dn));
  if (include.length + exclude.length === 0)
    lines.push(line.standard('setting', `${name}: scope`, 'the whole domain, as is our default'));
  if (include.length + exclude.length + groups.length === 0) return {};
  return {
    scope: {
      ...(include.length > 0 ? { include } : {}),
      ...(exclude.length > 0 ? { exclude } : {}),
      ...(groups.length > 0 ? { groups } : {}),
    },
  };
}

/** The filter is for a whole forest there. A domain that does not hold the group is rather stopped than synchronized without a filter. */
function groupsOf(
  { parameters }: ConnectConnector,
  partition: ConnectPartition,
  name: string,
  isGroupFilterOff: boolean,
  lines: ImportLine[],
): readonly string[] {
  const group = (parameters.get('Connector.GroupFilteringGroupDn') ?? '').trim();
  const key = `${name}: scope.groups`;
  if (group === '' || isGroupFilterOff) {
    const told = group === '' ? 'no group filter there' : `the group filter (${group}) is switched off there`;
    lines.push(line.standard('setting', key, told));
    return [];
  }
  if (isBelow(group, partition.dn)) lines.push(line.taken('setting', key, `${group}: only its direct members`));
  else
    lines.push(
      line.left(
        'setting',
        key,
        `the group ${group} is in another domain, and a source knows its own groups only. It is written all the same, so that nothing of this domain goes over without a filter: put a group of this domain in, or take the source out`,
      ),
    );
  return [group];
}

/**
 * Here as there the nearest container above an object decides. Connect writes "all but" as the domain excluded and containers included; with
 * includes everything else is out anyway, so what is excluded outside of them says nothing.
 */
function containersOf({ dn, include, exclude }: ConnectPartition): {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly isRootIn: boolean;
} {
  const isRoot = (one: string): boolean => normalizeDn(one) === normalizeDn(dn);
  const inner = include.filter((one) => !isRoot(one));
  const isRootOut = exclude.some(isRoot);
  const isRootIn = include.some(isRoot) || (!isRootOut && inner.length === 0);
  const excluded = exclude.filter((one) => !isRoot(one));
  if (!isRootIn) {
    const said = excluded.filter((one) => inner.some((other) => isBelow(one, other)));
    return { include: inner, exclude: said, isRootIn };
  }
  const again = inner.filter((one) => excluded.some((other) => isBelow(one, other)));
  return { include: again.length > 0 ? [dn, ...again] : [], exclude: excluded, isRootIn };
}

function isBelow(dn: string, container: string): boolean {
  const [one, other] = [normalizeDn(dn), normalizeDn(container)];
  return one === other || one.endsWith(`,${other}`);
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
      ? line.standard('setting', `${name}: password hash synchronization`, 'on there; see passwords')
      : line.standard('setting', `${name}: password hash synchronization`, 'off there'),
  ];
}
