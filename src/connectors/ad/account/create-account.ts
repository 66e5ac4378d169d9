import { existsSync } from 'node:fs';
import { DirbridgeError } from '../../../errors.ts';
import type { AccountOrder, CheckLine } from '../../connector.ts';
import { ConnectionLost } from '../ldap/ldap-failure.ts';
import { createSessions } from '../session/create-sessions.ts';
import { asDirectoryError } from '../session/directory-failure.ts';
import type { Session } from '../session/sessions.ts';
import { asAccountFailure } from './account-failure.ts';
import { rdnOf } from './account-name.ts';
import { neededRights } from './account-rights.ts';
import type { AccountSetup } from './account-setup.ts';
import { addEntry, replaceValue } from './directory-writes.ts';
import { type FoundAccount, findAccounts, isOfSystem } from './find-account.ts';
import { encodePassword, generatePassword } from './generated-password.ts';
import { grantRight } from './grant-right.ts';
import { PasswordFile } from './password-file.ts';
import { missingSignInName, usualSignInName } from './sign-in-name.ts';
import { findUserContainer } from './user-container.ts';
import { verifyAccount } from './verify-account.ts';

/** userAccountControl ([MS-ADTS] 2.2.16): a normal account whose password does not expire and in whose name no service may act. */
const NORMAL_ACCOUNT = 0x200;
const LASTING = 0x10000 | 0x100000;

/** Creates the account, one line for each step; the order is that in which nothing is lost when a step fails. */
export async function* createAccount(setup: AccountSetup, order: AccountOrder): AsyncGenerator<CheckLine> {
  const sessions = createSessions(setup.section, setup.context, order.admin);
  try {
    const session = await openAsAdmin(() => sessions.current(), order.admin.user);
    requireSamba(session);
    const { account, lines } = await makeAccount(session, setup, order);
    yield* lines;
    yield* grantRights(session, account, setup, order);
    yield* verifyAccount(session, setup);
  } catch (error) {
    throw asDirectoryError(error, setup.context.name, 'creating the account');
  } finally {
    sessions.close();
  }
}

async function openAsAdmin(open: () => Promise<Session>, admin: string): Promise<Session> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof DirbridgeError) || error.code !== 'directory-credentials') throw error;
    throw new DirbridgeError('directory-credentials', error.message, {
      cause: error,
      remedy: `Check ${admin} (--admin) and its password. Nothing was changed.`,
    });
  }
}

/** Against Windows it was never tried, and there are safer hands for it: the script. */
function requireSamba({ facts, connection }: Session): void {
  if (facts.kind === 'ad' && facts.vendor?.includes('Samba')) return;
  const what = facts.kind === 'ad' ? 'a domain controller of Windows' : 'no Active Directory';
  throw new DirbridgeError('account-unsuitable', `${connection.server.url} is ${what}: --run is for Samba domains`, {
    remedy: 'Carry the script out on the domain controller: dirbridge account create --for windows.',
  });
}

interface MadeAccount {
  readonly account: FoundAccount;
  readonly lines: readonly CheckLine[];
}

async function makeAccount(session: Session, setup: AccountSetup, order: AccountOrder): Promise<MadeAccount> {
  const found = await findAccounts(session, setup.name);
  const [account] = found;
  if (account === undefined) return createNew(session, setup, order);
  refuseUnsuitable(found, account, setup.name, order);
  return completeExisting(session, account, setup, order);
}

function refuseUnsuitable(
  found: readonly FoundAccount[],
  account: FoundAccount,
  name: AccountSetup['name'],
  { useExisting }: AccountOrder,
): void {
  const { samAccountName } = name;
  const isOurs = found.length === 1 && account.samAccountName.toLowerCase() === samAccountName.toLowerCase();
  const dns = found.map(({ dn }) => dn).join(' and ');
  if (!isOurs)
    throw new DirbridgeError('account-exists', `the names of the account are in use: ${dns}`, {
      remedy: 'Name another account as user of the source.',
    });
  if (isOfSystem(account) || !account.isPerson)
    throw new DirbridgeError('account-unsuitable', `${dns} is an account of the system or of a machine`, {
      remedy: 'Name an account of its own as user of the source, such as svc-dirbridge@corp.example.com.',
    });
  if (!useExisting) throw new DirbridgeError('account-exists', `the directory holds ${dns} already`);
}

async function createNew(session: Session, setup: AccountSetup, order: AccountOrder): Promise<MadeAccount> {
  const { name, passwordFile } = setup;
  const container = await findUserContainer(session, name.container);
  const dn = `${rdnOf(name)},${container}`;
  const userPrincipalName = name.userPrincipalName ?? usualSignInName(session, name);
  await withNewPassword(setup, order, `creating ${dn}`, (unicodePwd) =>
    addEntry(session.connection, dn, {
      objectClass: 'user',
      sAMAccountName: name.samAccountName,
      userPrincipalName,
      description: 'Reads this directory for Dirbridge',
      userAccountControl: String(NORMAL_ACCOUNT | LASTING),
      unicodePwd,
    }),
  );
  const [account] = await findAccounts(session, name);
  if (account === undefined)
    throw new DirbridgeError('account-refused', `${dn} was created and is not to be seen by ${order.admin.user}`, {
      remedy: 'Give an account with --admin that may see it, and run the command again with --existing.',
    });
  const lines = [ok('account', `created ${dn}, sign-in name ${userPrincipalName}`), writtenLine(passwordFile)];
  return { account, lines };
}

async function completeExisting(
  session: Session,
  account: FoundAccount,
  setup: AccountSetup,
  order: AccountOrder,
): Promise<MadeAccount> {
  const { dn, userAccountControl } = account;
  const signInName = missingSignInName(session, account, setup.name);
  const lines = [ok('account', `${dn} was there already`)];
  if (signInName !== null) {
    const doing = `setting the sign-in name of ${dn} to ${signInName}`;
    await replaceValue(session.connection, dn, ['userPrincipalName', signInName]).catch((error: unknown) => {
      throw asAccountFailure(error, { admin: order.admin.user, doing });
    });
    lines.push(ok('account', `its sign-in name is ${signInName} now`));
  }
  const wanted = userAccountControl | LASTING;
  if (wanted !== userAccountControl) {
    await replaceValue(session.connection, dn, ['userAccountControl', String(wanted)]).catch((error: unknown) => {
      throw asAccountFailure(error, { admin: order.admin.user, doing: `changing the flags of ${dn}` });
    });
    lines.push(ok('account', 'the password does not expire any more, and the account cannot be delegated'));
  }
  if (!order.overwrite && existsSync(setup.passwordFile))
    return { account, lines: [...lines, ...keptLines(setup.passwordFile)] };
  await withNewPassword(setup, order, `setting a password of ${dn}`, (unicodePwd) =>
    replaceValue(session.connection, dn, ['unicodePwd', unicodePwd]),
  );
  return { account, lines: [...lines, writtenLine(setup.passwordFile)] };
}

/** Makes a password, writes it into the secret file, lets the directory have it, and forgets it. */
async function withNewPassword(
  { passwordFile }: AccountSetup,
  order: AccountOrder,
  doing: string,
  give: (unicodePwd: Buffer) => Promise<void>,
): Promise<void> {
  const password = generatePassword(order.passwordLength);
  const unicodePwd = encodePassword(password);
  try {
    const file = PasswordFile.write(passwordFile, password, order.overwrite);
    await giveOrDiscard(file, order.admin.user, doing, () => give(unicodePwd));
    file.keep();
  } finally {
    password.fill(0);
    unicodePwd.fill(0);
  }
}

async function giveOrDiscard(
  file: PasswordFile,
  admin: string,
  doing: string,
  give: () => Promise<void>,
): Promise<void> {
  try {
    await give();
  } catch (error) {
    // When the connection broke the directory may have taken it, and then nobody else knows it.
    if (error instanceof ConnectionLost)
      throw asAccountFailure(error, {
        admin,
        doing,
        done: `The new password lies in ${file.written}.`,
        again: '--existing --force',
      });
    file.discard();
    throw asAccountFailure(error, { admin, doing });
  }
}

async function* grantRights(
  session: Session,
  account: FoundAccount,
  { use }: AccountSetup,
  order: AccountOrder,
): AsyncGenerator<CheckLine> {
  const admin = order.admin.user;
  const done = 'The account itself is there, with its password in the secret file.';
  for (const right of neededRights(use, 'samba')) {
    const doing = `allowing ${account.dn} the right ${right.name} on ${right.on}`;
    const granted = await grantRight(session, account.sid, right).catch((error: unknown) => {
      throw asAccountFailure(error, { admin, doing, done });
    });
    yield ok('right', `${right.name} on ${granted.dn}: ${granted.wasThere ? 'was there already' : 'given'}`);
  }
}

/** Of an attempt that was killed between the directory and the file nobody knows which of both passwords is the one. */
function keptLines(path: string): readonly CheckLine[] {
  const kept = ok('secret file', `${path} stays as it is`);
  const unfinished = PasswordFile.findUnfinished(path);
  if (unfinished === null) return [kept];
  return [
    kept,
    {
      what: 'secret file',
      state: 'warning',
      detail: `${unfinished} was left by an attempt that was broken off; the directory may have that password instead`,
      remedy: 'Give --existing --force: another password is made, and that file goes away.',
    },
  ];
}

function writtenLine(path: string): CheckLine {
  return ok('secret file', `a generated password was written to ${path} (mode 600), and nowhere else`);
}

function ok(what: string, detail: string): CheckLine {
  return { what, state: 'ok', detail };
}
