import { relative } from 'node:path';
import process from 'node:process';
import type { DirectoryEntry } from './directory-entry.ts';
import type { LabEmulator } from './lab-emulator.ts';
import type { LabForest } from './lab-forest.ts';

/** Says what runs, and commands to try that work as they stand, from the current folder. */
export function describeLab(
  folder: string,
  configuration: string,
  forests: readonly LabForest[],
  emulator: LabEmulator,
): string {
  const path = relative(process.cwd(), folder);
  const lab = path.startsWith('..') ? folder : `./${path}`;
  const dirbridge = `npx dirbridge --config ${relative(process.cwd(), configuration)}`;
  const [first] = forests;
  return [
    ...forests.map(
      ({ domain, entryCount, name }) =>
        `${name.padEnd(10)} ${domain.ldapsUrl}  ${domain.baseDn}  ${entryCount} entries`,
    ),
    `tenant     ${emulator.url}  ${emulator.tenant}`,
    '',
    'In another terminal:',
    `  ${dirbridge} check`,
    `  ${dirbridge} plan`,
    `  ${dirbridge} apply`,
    `  ${dirbridge} plan          # nothing to do any more`,
    '',
    ...(first ? describeChanges(lab, first) : []),
    'What the tenant holds, and what it was asked:',
    `  curl -s ${emulator.url}/emulator/dump`,
    `  curl -s ${emulator.url}/emulator/stats`,
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

/** Changes of the list, on objects that the population has; nothing when it is too small for them. */
function describeChanges(lab: string, forest: LabForest): readonly string[] {
  const [renamed, moved, disabled, deleted, one, other] = forest.users;
  const [group, nested] = forest.groups;
  if (!renamed || !moved || !disabled || !deleted || !one || !other || !group || !nested) return [];
  const tool = `${lab}/${forest.name}-samba-tool`;
  const modify = `${lab}/${forest.name}-ldapmodify`;
  const [ou, container] = [parentOf(moved.dn), parentOf(parentOf(moved.dn))];
  return [
    'Change the directory, then plan again:',
    `  ${tool} user rename ${accountOf(renamed)} --surname=Newname --display-name='Renamed Newname' --reset-cn`,
    `  ${tool} user disable ${accountOf(disabled)}`,
    `  ${tool} user delete ${accountOf(deleted)}`,
    `  ${tool} group addmembers ${accountOf(group)} ${accountOf(nested)},${accountOf(one)}`,
    '  # two users swap their names:',
    `  ${modify} <<'END'`,
    ...swapPrincipalNames(one, other, forest.upnSuffix),
    'END',
    '  # out of the scope, and back after a plan; a whole organizational unit gets another name:',
    `  ${tool} user move ${accountOf(moved)} 'CN=Users,${forest.domain.baseDn}'`,
    `  ${tool} user move ${accountOf(moved)} '${ou}'`,
    `  ${tool} ou rename '${ou}' 'OU=Renamed,${container}'`,
    '',
  ];
}

/** By way of a third name, as an administrator has to: Active Directory allows no name twice. */
function swapPrincipalNames(one: DirectoryEntry, other: DirectoryEntry, suffix: string): readonly string[] {
  const rename = (entry: DirectoryEntry, to: string): readonly string[] => [
    `dn: ${entry.dn}`,
    'changetype: modify',
    'replace: userPrincipalName',
    `userPrincipalName: ${to}`,
    '',
  ];
  const nameOf = (entry: DirectoryEntry): string => entry.attributes['userPrincipalName']?.[0] ?? '';
  return [
    ...rename(one, `in.between@${suffix}`),
    ...rename(other, nameOf(one)),
    ...rename(one, nameOf(other)).slice(0, -1),
  ];
}

function accountOf(entry: DirectoryEntry): string {
  return entry.attributes['sAMAccountName']?.[0] ?? '';
}

function parentOf(dn: string): string {
  return dn.slice(dn.indexOf(',') + 1);
}
