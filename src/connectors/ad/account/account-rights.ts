import type { AccountPlatform, AccountRight } from '../../connector.ts';
import type { DELTA_METHODS } from '../config.ts';
import { DIRECTORY_RIGHT, type Grant } from '../security/grant.ts';

/** What decides which rights the account needs. */
export interface AccountUse {
  readonly readsPasswords: boolean;
  readonly delta: (typeof DELTA_METHODS)[number];
}

/** A right, as our tables and scripts need it. */
export interface NeededRight extends AccountRight {
  readonly object: 'domain' | 'deleted objects';
  readonly grant: Grant;
}

const CHANGES: NeededRight = {
  name: 'Replicating Directory Changes',
  // [MS-ADTS] 5.1.3.2.1 DS-Replication-Get-Changes.
  guid: '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2',
  on: 'the root of the domain',
  object: 'domain',
  why: 'changes are asked for with DirSync',
  grant: { mask: DIRECTORY_RIGHT.controlAccess, extendedRight: '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2' },
};

const CHANGES_ALL: NeededRight = {
  name: 'Replicating Directory Changes All',
  // [MS-ADTS] 5.1.3.2.1 DS-Replication-Get-Changes-All.
  guid: '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2',
  on: 'the root of the domain',
  object: 'domain',
  why: 'password hashes are read: whoever has it can read those of everybody in the domain',
  grant: { mask: DIRECTORY_RIGHT.controlAccess, extendedRight: '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2' },
};

const DELETED: NeededRight = {
  name: 'List Contents and Read Property',
  guid: null,
  on: 'the container Deleted Objects',
  object: 'deleted objects',
  why: 'it is told which objects were deleted',
  grant: { mask: DIRECTORY_RIGHT.listChildren | DIRECTORY_RIGHT.readProperty, extendedRight: null },
};

/**
 * The least that the account needs besides what every account may read. Windows tells deletions to whoever may replicate; Samba shows what it tells with
 * the rights of the account (CVE-2023-4154), and so does every server to whoever does not use DirSync. Password hashes are replicated only to whoever has
 * both rights of replication. Nothing is ever written to the directory, so there is no right to write.
 */
export function neededRights(use: AccountUse, platform: AccountPlatform): readonly NeededRight[] {
  const usesDirSync = use.delta !== 'usn';
  return [
    ...(usesDirSync || use.readsPasswords
      ? [usesDirSync ? CHANGES : { ...CHANGES, why: 'password hashes are read by replication' }]
      : []),
    ...(use.readsPasswords ? [CHANGES_ALL] : []),
    ...(platform === 'samba' || !usesDirSync ? [DELETED] : []),
  ];
}
