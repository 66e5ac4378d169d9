import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvSection } from '../../../src/connectors/file/config.ts';
import { csvSource } from '../../../src/connectors/file/connector.ts';
import { SILENT_LOG } from '../../../src/log.ts';
import { user } from '../../memory/memory-lab.ts';
import { FindingWorld } from '../finding-world.ts';
import type { Provocation } from '../provocation.ts';

const HEADER = 'number,login,name,control\n';
const SECTION = {
  anchor: 'number',
  columns: { login: 'userPrincipalName', name: ['displayName', 'sAMAccountName'], control: 'userAccountControl' },
};

/** A source of kind `csv`, and what writes its rows. */
async function withFile(rows: string): Promise<{ readonly world: FindingWorld; write(rows: string): Promise<void> }> {
  const world = await FindingWorld.begin();
  const path = join(world.folder, 'people.csv');
  const write = (text: string): Promise<void> => writeFile(path, HEADER + text);
  await write(rows);
  const context = {
    name: 'hr',
    log: SILENT_LOG,
    now: world.lab.context.now,
    readSecret: () => '',
    resolvePath: (name: string) => join(world.folder, name),
  };
  world.addSource(csvSource.create(csvSection.parse({ path: 'people.csv', ...SECTION }), context));
  return { world, write };
}

export const sourceRecordUnreadable: Provocation = {
  told: [
    {
      object: 'record "1002" in hr',
      otherObject: null,
      attribute: 'userAccountControl',
      value: 'enabled',
      cause: './people.csv:3: userAccountControl must be a whole number. The record is left out until it can be read.',
      remedy: 'Correct it at the place named. The next run that reads it takes it.',
    },
  ],
  provoke: async () => {
    const good = '1001,ann@contoso.com,Ann,\n';
    const { world, write } = await withFile(`${good}1002,bob@contoso.com,Bob,enabled\n`);
    await world.run();
    return { world, follow: () => write(`${good}1002,bob@contoso.com,Bob,\n`) };
  },
};

export const sourceDeletionsWithheld: Provocation = {
  told: [
    {
      object: null,
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'Some records of hr could not be read, and it is not known which objects they are. So no object of hr was taken as deleted, whatever is missing there.',
      remedy:
        'Correct the records (source-record-unreadable). The next run that reads all of the source takes deletions into account: dirbridge sync --full.',
    },
  ],
  provoke: async () => {
    const good = '1001,ann@contoso.com,Ann,\n';
    const { world, write } = await withFile(`${good},bob@contoso.com,Bob,\n`);
    await world.run();
    return { world, follow: () => write(`${good}1002,bob@contoso.com,Bob,\n`) };
  },
};

export const administratorsUnknown: Provocation = {
  told: [
    {
      object: null,
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'The tenant does not tell who holds an administrator role (403 Authorization_RequestDenied). Until it does, changes to such accounts are held back for approval only where they are known from before.',
      remedy:
        'Grant the application the permission RoleManagement.Read.Directory (or Directory.Read.All) and consent to it as an administrator; dirbridge check tells whether it works.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin({ isKept: true, emulator: { roles: WITHOUT_DIRECTORY } });
    world.source.put(user('ann'));
    await world.run();
    return { world, follow: () => world.restart({ roles: [...WITHOUT_DIRECTORY, 'RoleManagement.Read.Directory'] }) };
  },
};

const WITHOUT_DIRECTORY = [
  'User.ReadWrite.All',
  'User-PasswordProfile.ReadWrite.All',
  'User.DeleteRestore.All',
  'Group.ReadWrite.All',
  'GroupMember.ReadWrite.All',
  'Organization.Read.All',
  'Domain.Read.All',
];
