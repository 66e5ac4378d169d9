/**
 * Every error Dirbridge ends with, on one table: what it means, what to do, and which exit code the command line gives.
 * A retired code is never used again for something else (retired: plan-stale, plan-blocked, which a run ends with, no command). A problem of one object is no error but a finding (model/finding.ts).
 */

/** Who has to act: the administrator's input, something outside, a guard that did its work, or we ourselves. */
export const ERROR_KINDS = ['usage', 'outside', 'guard', 'bug'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = { usage: 2, outside: 4, guard: 3, bug: 70 };

interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly meaning: string;
  readonly remedy: string;
}

export const ERRORS = {
  'config-missing': {
    kind: 'usage',
    meaning: 'The configuration file does not exist or cannot be read.',
    remedy:
      'Give its path with --config, in DIRBRIDGE_CONFIG, or start dirbridge in the folder that holds dirbridge.yaml.',
  },
  'config-invalid': {
    kind: 'usage',
    meaning: 'The configuration holds a key or value that is not allowed.',
    remedy: 'Correct the line named; "dirbridge config schema" prints what is allowed.',
  },
  'config-secret': {
    kind: 'usage',
    meaning: 'A secret named by the configuration cannot be read, or stands in the file itself.',
    remedy: 'Name it as { file: PATH } or { env: NAME }; the file must be readable by this account only.',
  },
  'scope-not-found': {
    kind: 'usage',
    meaning: 'A container or group named in the scope does not exist in the directory, or is no group.',
    remedy: 'Correct the DN in the configuration.',
  },
  'rules-invalid': {
    kind: 'usage',
    meaning: 'A synchronization rule cannot be read or checked.',
    remedy: 'Correct the rule named; "dirbridge check" reads all of them.',
  },
  usage: {
    kind: 'usage',
    meaning: 'The command line is not understood.',
    remedy: 'See "dirbridge --help" or "dirbridge COMMAND --help".',
  },
  'connect-file-invalid': {
    kind: 'usage',
    meaning: 'A file of Azure AD Connect cannot be read, or is not of the form that Connect writes.',
    remedy: 'Export it again, whole, and give the new folder or file.',
  },
  'output-exists': {
    kind: 'usage',
    meaning: 'A file that would be written is there already.',
    remedy: 'Name another folder, or give --force to write over it.',
  },
  'object-not-found': {
    kind: 'usage',
    meaning: 'No object is known by that name.',
    remedy: 'Give a UPN, DN, GUID, mail address or name as it is in the directory, after an import has seen it.',
  },
  'link-refused': {
    kind: 'usage',
    meaning: 'The two objects cannot be joined or taken apart by hand.',
    remedy: 'Read the reason; nothing was changed.',
  },
  'plan-not-found': {
    kind: 'usage',
    meaning: 'No stored plan has this id, or none is left to apply.',
    remedy: 'Make one with "dirbridge plan".',
  },
  'store-locked': {
    kind: 'usage',
    meaning: 'Another dirbridge process works on this store.',
    remedy: 'Wait until it has ended, or end it.',
  },
  'store-version': {
    kind: 'usage',
    meaning: 'The store was written by a newer dirbridge.',
    remedy: 'Use that version, or another store file.',
  },
  'store-damaged': {
    kind: 'outside',
    meaning: 'The store file cannot be read as a dirbridge store.',
    remedy: 'Put back a backup, or start with an empty store: a full import rebuilds it without changing the tenant.',
  },
  'backup-invalid': {
    kind: 'usage',
    meaning: 'The file is no whole backup of a store.',
    remedy: 'Name a file that "dirbridge backup" has written. Nothing was changed.',
  },
  'restore-older': {
    kind: 'guard',
    meaning: 'The backup does not know of writes to the tenant that the present store knows of.',
    remedy:
      'Keep the present store if it works. If not, restore with --older: the next run reads everything anew and finds by their anchors what was made since.',
  },
  'store-unwritable': {
    kind: 'outside',
    meaning: 'The store file, its folder or its disk does not let us read or write.',
    remedy:
      'See that this account may write the store, the files beside it (.lock, -wal, -shm) and their folder, and that the disk has room. What was done so far is safe.',
  },
  'output-failed': {
    kind: 'outside',
    meaning: 'The result could not be written to stdout.',
    remedy:
      'See that the disk that stdout leads to has room. What was done before is safe; "dirbridge status" tells it.',
  },
  'account-unsuitable': {
    kind: 'usage',
    meaning: 'The account that the source names cannot be created the way the configuration has it.',
    remedy: 'Correct user or password of the source.',
  },
  'account-exists': {
    kind: 'usage',
    meaning: 'The directory holds an account of that name already.',
    remedy:
      'Name another one as user of the source; or, if it is meant for Dirbridge, give --existing: what it lacks is added.',
  },
  'account-container': {
    kind: 'usage',
    meaning: 'The container in which the service account is to be made is not in the directory.',
    remedy: 'Give the DN of a container or organizational unit that is there with --container.',
  },
  'account-refused': {
    kind: 'outside',
    meaning: 'The directory refused to create the service account, or to give it a password or a right.',
    remedy: 'Give an administrator of the domain with --admin, and run the command again.',
  },
  'directory-clear-bind': {
    kind: 'usage',
    meaning: 'The configuration would send a password over an unencrypted connection.',
    remedy: 'Use ldaps:// or startTls: true.',
  },
  'directory-unreachable': {
    kind: 'outside',
    meaning: 'No directory server answered.',
    remedy: 'Check that one of the servers named is up and that the network lets us through.',
  },
  'directory-certificate': {
    kind: 'outside',
    meaning: 'The certificate of the directory server could not be verified.',
    remedy:
      'Name its certification authority with tls: { ca: FILE }, or pin the certificate with tls: { fingerprint: ... }.',
  },
  'directory-credentials': {
    kind: 'outside',
    meaning: 'The directory refused the account or its password.',
    remedy: 'Check user and password of the source; look whether the account is locked, disabled or expired.',
  },
  'directory-refused': {
    kind: 'outside',
    meaning: 'The directory refused a request.',
    remedy: 'Read the answer of the server; check the rights of the account.',
  },
  'directory-interrupted': {
    kind: 'outside',
    meaning: 'The connection to the directory broke while reading and could not be taken up again.',
    remedy: 'Run again: what was read is kept, nothing was deleted because of it.',
  },
  'directory-answer': {
    kind: 'outside',
    meaning: 'A domain controller sent an answer that is not what its protocol says.',
    remedy:
      'Look for a device between that changes or cuts the traffic, and at the event log of the domain controller. Name another one first in servers until then.',
  },
  'password-rights': {
    kind: 'outside',
    meaning: 'The account may not read passwords from the directory.',
    remedy:
      'Give it "Replicating Directory Changes" and "Replicating Directory Changes All" on the domain; the message names what is missing.',
  },
  'file-missing': {
    kind: 'outside',
    meaning: 'A source file cannot be read.',
    remedy: 'Check the path and the rights of the file.',
  },
  'file-truncated': {
    kind: 'outside',
    meaning: 'A source file ends in the middle.',
    remedy: 'Write the file again (best under another name, then rename it). Nothing was deleted because of it.',
  },
  'file-invalid': {
    kind: 'outside',
    meaning: 'A source file is not of the form that its kind demands.',
    remedy: 'Correct the line named.',
  },
  'tenant-sign-in': {
    kind: 'outside',
    meaning: 'The tenant refused the sign-in of the application.',
    remedy:
      'Check tenant, clientId and the secret or certificate of the target; the AADSTS number says which is wrong.',
  },
  'tenant-unreachable': {
    kind: 'outside',
    meaning: 'The tenant did not answer.',
    remedy: 'Check the network; the next run goes on where this one ended.',
  },
  'tenant-refused': {
    kind: 'outside',
    meaning: 'The tenant refused a request that has nothing to do with a single object.',
    remedy: 'Check the permissions of the application with "dirbridge check".',
  },
  'tenant-empty': {
    kind: 'outside',
    meaning: 'The tenant was read to its end and holds nobody at all, although some are managed there.',
    remedy:
      'Most likely the answer is wrong, or the application may not see anybody any more: look into the tenant, and run again. Nothing was changed. If the tenant really is empty, begin with a new store: move the file away that store names in dirbridge.yaml.',
  },
  'provisioning-refused': {
    kind: 'outside',
    meaning:
      'The directory synchronization provisioning service refused a request as a whole. Microsoft documents that service for nobody, and may refuse us at any time.',
    remedy:
      'Read its words and the guide (docs/guide/provisioning-service.md). What needs no such service is Microsoft Graph: via: graph, and passwords: { method: capture } or off.',
  },
  'standby-folder': {
    kind: 'outside',
    meaning: 'The folder that the servers of one tenant share cannot be used, so nobody can say which of them writes.',
    remedy:
      'See that the folder (standby.folder) is mounted and that this account may read and write it. Until then this server writes nothing.',
  },
  'standby-unclaimed': {
    kind: 'usage',
    meaning: 'Several servers share this tenant, and none of them has been told to write.',
    remedy: 'Say so once, on the server that is to write: dirbridge take-over.',
  },
  'standby-only': {
    kind: 'usage',
    meaning: 'This server stands by: another one writes to the tenant.',
    remedy: 'Do it on the server that writes, or have this one take over: dirbridge take-over.',
  },
  'server-alive': {
    kind: 'guard',
    meaning: 'The server that writes to the tenant is alive, or was a short time ago.',
    remedy:
      'Have it give up the tenant (there: dirbridge hand-over). If it is off and stays off: dirbridge take-over --force.',
  },
  'server-replaced': {
    kind: 'outside',
    meaning: 'Another server has taken over the tenant while this one was writing.',
    remedy:
      'Nothing: what was done so far is safe, the other server goes on, and this one stands by from its next cycle on.',
  },
  'capture-socket': {
    kind: 'outside',
    meaning: 'The socket that domain controllers hand new passwords to cannot be used, so none is taken.',
    remedy:
      'Give it a folder of its own that belongs to this account and that nobody else may enter, and name the socket in it (passwords.socket). If something is there already: stop the dirbridge serve that listens, remove what is no socket, or name another path.',
  },
  'server-name-taken': {
    kind: 'usage',
    meaning: 'Another server goes by the same name.',
    remedy: 'Give each server a name of its own: standby: { server: NAME }.',
  },
  bug: {
    kind: 'bug',
    meaning: 'Dirbridge itself made a mistake.',
    remedy: 'Report it with the message, the command and the version.',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorOptionsWithContext {
  readonly cause?: unknown;
  /** A remedy more exact than the one of the table. */
  readonly remedy?: string;
}

/** The one error class. `message` names file, key, server or object and what is wrong; `remedy` says what to do. */
export class DirbridgeError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithContext = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DirbridgeError';
    this.code = code;
    this.kind = ERRORS[code].kind;
    this.remedy = options.remedy ?? ERRORS[code].remedy;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** The text of anything thrown, for a message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
