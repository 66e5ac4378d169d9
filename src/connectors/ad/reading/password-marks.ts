import { AndFilter, EqualityFilter, type Filter, NotFilter } from 'ldapts';
import { messageOf } from '../../../errors.ts';
import { guidToText } from '../../../model/anchor.ts';
import type { CheckLine, PasswordMark, PasswordMarkEvent, PasswordMarkSource } from '../../connector.ts';
import { decodeEntry, type LdapEntry, readBytes, readText } from '../ldap/ldap-entry.ts';
import { expiryOfTicks } from '../objects/account-expiry.ts';
import { timeOfTicks } from '../objects/directory-time.ts';
import { findMetadata, UNICODE_PWD } from '../objects/replication-metadata.ts';
import { asDirectoryError } from '../session/directory-failure.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import { anchorFilter, OBJECTS_PER_SEARCH } from './fetch-objects.ts';
import { searchPages } from './paged-search.ts';

const ATTRIBUTES = ['objectGUID', 'replPropertyMetaData', 'pwdLastSet', 'userAccountControl', 'accountExpires'];

/** [MS-ADTS] 2.2.16. */
const ACCOUNT_DISABLED = 0x2;
const SMART_CARD_REQUIRED = 0x40000;

const USERS = '(&(objectCategory=person)(objectClass=user))';

/** When passwords of a domain were set: by the replication metadata of unicodePwd, which whoever may read a user may read. */
export class PasswordMarks implements PasswordMarkSource {
  readonly #source: string;
  readonly #open: () => Sessions;
  readonly #pageSize: number;

  constructor(source: string, open: () => Sessions, pageSize: number) {
    this.#source = source;
    this.#open = open;
    this.#pageSize = pageSize;
  }

  async *check(): AsyncGenerator<CheckLine> {
    const what = 'times of passwords';
    const remedy = 'Let the account of the source read all properties of users.';
    try {
      const session = await this.#open().current();
      const pages = searchPages(session.connection, { ...searchOf(session, USERS) }, 1, decodeEntry);
      const first = (await pages.next()).value?.[0];
      await pages.return();
      if (first === undefined) yield { what, state: 'warning', detail: 'the account sees no user', remedy };
      else if (readMark(first) === null)
        yield { what, state: 'error', detail: 'the account may not read replPropertyMetaData', remedy };
      else yield { what, state: 'ok', detail: 'replPropertyMetaData can be read' };
    } catch (thrown) {
      const error = asDirectoryError(thrown, this.#source, 'reading when passwords were set');
      yield { what, state: 'error', detail: messageOf(error), remedy: error.remedy, code: error.code };
    }
  }

  async find(account: string): Promise<PasswordMark | null> {
    try {
      const session = await this.#open().current();
      const entries = await session.connection.searchAll(searchOf(session, accountFilter(account)));
      const entry = entries[0];
      return entry === undefined ? null : readMark(entry);
    } catch (thrown) {
      throw asDirectoryError(thrown, this.#source, 'looking whether a password was taken');
    }
  }

  async *read(watermark: string | null): AsyncGenerator<PasswordMarkEvent> {
    try {
      const session = await this.#open().current();
      const after = usnOf(watermark, session);
      // Taken before anything is read: what changes meanwhile is told twice rather than never.
      const next = await readPosition(session);
      const isOther = watermark !== null && after === null;
      const reason = isOther
        ? 'another domain controller answers than the last time, and its numbers mean something else'
        : null;
      yield { kind: 'begin', mode: after === null ? 'full' : 'delta', reason };
      const filter = after === null ? USERS : `(&${USERS}(uSNChanged>=${after + 1n}))`;
      for await (const entries of searchPages(
        session.connection,
        searchOf(session, filter),
        this.#pageSize,
        decodeEntry,
      ))
        yield { kind: 'page', marks: entries.map(readMark).filter((mark) => mark !== null) };
      yield { kind: 'end', watermark: next };
    } catch (thrown) {
      throw asDirectoryError(thrown, this.#source, 'reading when passwords were set');
    }
  }

  async *fetch(anchors: readonly string[]): AsyncGenerator<readonly PasswordMark[]> {
    try {
      const session = await this.#open().current();
      for (let start = 0; start < anchors.length; start += OBJECTS_PER_SEARCH) {
        const filter = anchorFilter(anchors.slice(start, start + OBJECTS_PER_SEARCH));
        const entries = await session.connection.searchAll(searchOf(session, filter));
        yield entries.map(readMark).filter((mark) => mark !== null);
      }
    } catch (thrown) {
      throw asDirectoryError(thrown, this.#source, 'looking when single passwords were set');
    }
  }
}

function searchOf({ facts }: Session, filter: string | Filter) {
  return { base: facts.namingContext, scope: 'sub', filter, attributes: ATTRIBUTES } as const;
}

/** Names are unique in a domain; a contact of the same name has none. */
function accountFilter(account: string): Filter {
  const named = new EqualityFilter({ attribute: 'sAMAccountName', value: account });
  const isComputer = new EqualityFilter({ attribute: 'objectClass', value: 'computer' });
  return new AndFilter({ filters: [named, new NotFilter({ filter: isComputer })] });
}

/** Up to where the watermark has seen; null when this server's numbers mean something else. */
function usnOf(watermark: string | null, { facts }: Session): bigint | null {
  const [invocationId, usn] = watermark?.split(' ') ?? [];
  if (invocationId === undefined || usn === undefined || invocationId !== facts.invocationId) return null;
  return /^\d+$/.test(usn) ? BigInt(usn) : null;
}

async function readPosition(session: Session): Promise<string> {
  const root = await session.connection.readEntry({ base: '', attributes: ['highestCommittedUSN'] });
  const usn = root ? readText(root, 'highestCommittedUSN') : undefined;
  return `${session.facts.invocationId ?? ''} ${usn ?? ''}`;
}

/** Null for an account that never had a password, or of which we may not read when. */
export function readMark(entry: LdapEntry): PasswordMark | null {
  const guid = readBytes(entry, 'objectGUID');
  const blob = readBytes(entry, 'replPropertyMetaData');
  const metadata = blob === undefined ? null : findMetadata(blob, UNICODE_PWD);
  if (guid?.length !== 16 || metadata === null) return null;
  const control = Number(readText(entry, 'userAccountControl') ?? 0);
  const lastSet = readText(entry, 'pwdLastSet') ?? '0';
  const expires = readText(entry, 'accountExpires') ?? '0';
  return {
    anchor: guidToText(guid),
    version: metadata.version,
    changedAt: metadata.changedAt.toISOString(),
    setAt: lastSet === '0' ? null : timeOfTicks(ticksOf(lastSet)),
    mustChange: lastSet === '0',
    isDisabled: (control & ACCOUNT_DISABLED) !== 0,
    isSmartCardRequired: (control & SMART_CARD_REQUIRED) !== 0,
    expiresAt: expiryOfTicks(ticksOf(expires)),
  };
}

/** FILETIME as LDAP writes it. */
function ticksOf(text: string): bigint {
  return /^-?\d{1,19}$/.test(text) ? BigInt(text) : NO_TIME;
}

/** Of what is no number: no date. */
const NO_TIME = 0x7fff_ffff_ffff_ffffn;
