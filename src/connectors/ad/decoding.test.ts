import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { guidToBytes } from '../../model/anchor.ts';
import { adSection, normalizeFingerprint, parseDuration } from './config.ts';
import type { LdapEntry } from './ldap/ldap-entry.ts';
import { AnchorSet } from './objects/anchor-set.ts';
import { type Column, type Columns, chooseKind } from './objects/attribute-columns.ts';
import { ObjectDecoder } from './objects/directory-object.ts';
import { guidOfDn, guidOfEncodedDn, isDeletedTarget, plainDn } from './objects/extended-dn.ts';
import { describeKnownAttribute } from './objects/known-attributes.ts';
import { chooseType } from './objects/object-type.ts';
import { formatRange, parseRange } from './objects/value-range.ts';
import { readCursors } from './reading/server-history.ts';
import { formatWatermark, normalizeNames, parseWatermark } from './reading/watermark.ts';
import { parseGeneralizedTime } from './session/directory-facts.ts';
import { explainSignIn } from './session/directory-failure.ts';

const GUID = '722d5a32-d05d-4757-8133-fdc79f98b1d7';

describe('an extended DN', () => {
  const dn = 'CN=a\\, <b>;c,DC=x';

  it.each([
    [`<GUID=${GUID}>;<SID=S-1-5-21-1-2-3-498>;${dn}`, dn, GUID],
    [`<GUID=${GUID.toUpperCase()}>;${dn}`, dn, GUID],
    [dn, dn, null],
    [`<GUID=${GUID}>`, '', GUID],
  ])('%s', (text, plain, guid) => {
    expect(plainDn(text)).toBe(plain);
    expect(guidOfDn(text)).toBe(guid);
    const bytes = Buffer.from(`__${text}`);
    expect(guidOfEncodedDn(bytes, 2, bytes.length)).toBe(guid);
  });
});

describe('a reference to a deleted object', () => {
  it.each([
    [`CN=kurt\\0ADEL:${GUID},CN=Deleted Objects,DC=x`, true],
    ['CN=DEL:kurt,CN=Deleted Objects,DC=x', false],
  ])('is known by its name: %s', (dn, isDeleted) => {
    const bytes = Buffer.from(`<GUID=${GUID}>;${dn}`);
    expect(isDeletedTarget(bytes, 0, bytes.length)).toBe(isDeleted);
  });
});

describe('a range of values', () => {
  it.each([
    ['member;range=0-1499', { name: 'member', low: 0, high: 1499 }],
    ['member;Range=1500-*', { name: 'member', low: 1500, high: null }],
    ['member', null],
    ['userCertificate;binary', null],
  ])('%s', (name, range) => {
    expect(parseRange(name)).toEqual(range);
  });

  it('is written as it is read', () => {
    expect(parseRange(formatRange('member', 3000, '*'))).toEqual({ name: 'member', low: 3000, high: null });
  });
});

describe('the type of an object', () => {
  it.each([
    ['top person organizationalPerson user', 'user'],
    ['top person organizationalPerson user inetOrgPerson', 'inetOrgPerson'],
    ['top person organizationalPerson user computer', 'computer'],
    ['top person organizationalPerson user computer msDS-GroupManagedServiceAccount', 'computer'],
    ['top group', 'group'],
    ['top person organizationalPerson contact', 'contact'],
    ['top organizationalUnit', 'organizationalUnit'],
    ['top container', 'container'],
    ['top builtinDomain', 'container'],
    ['top domain domainDNS', 'domain'],
    ['top foreignSecurityPrincipal', 'foreignSecurityPrincipal'],
    ['top dnsNode', 'other'],
  ])('%s: %s', (classes, type) => {
    expect(chooseType(classes.split(' '))).toBe(type);
  });
});

describe('syntaxes', () => {
  it.each([
    ['2.5.5.1', 'dn'],
    ['2.5.5.8', 'boolean'],
    ['2.5.5.9', 'integer'],
    ['2.5.5.16', 'integer'],
    ['2.5.5.10', 'bytes'],
    ['2.5.5.15', 'bytes'],
    ['2.5.5.17', 'bytes'],
    ['2.5.5.11', 'text'],
    ['2.5.5.12', 'text'],
  ])('%s is %s', (syntax, kind) => {
    expect(chooseKind(syntax)).toBe(kind);
  });

  it('of servers without a schema that we read are those of Active Directory', () => {
    expect(describeKnownAttribute('PWDLASTSET', false)).toEqual({ kind: 'integer', isSingle: true });
    expect(describeKnownAttribute('proxyAddresses', false)).toEqual({ kind: 'text', isSingle: false });
    expect(describeKnownAttribute('objectSid', false)).toEqual({ kind: 'bytes', isSingle: true });
    expect(describeKnownAttribute('manager', true)).toEqual({ kind: 'dn', isSingle: true });
    expect(describeKnownAttribute('cn', false)).toEqual({ kind: 'text', isSingle: true });
  });
});

describe('the decoder of objects', () => {
  const column = (name: string, kind: Column['kind'], isSingle: boolean, isReference = false): [string, Column] => [
    name.toLowerCase(),
    { name, kind, isSingle, isReference, backLink: null },
  ];
  const columns: Columns = new Map([
    column('Description', 'text', false),
    column('accountExpires', 'integer', true),
    column('isCritical', 'boolean', true),
    column('member', 'dn', false, true),
    column('secretary', 'dn', false),
  ]);

  function entryOf(attributes: Readonly<Record<string, readonly (string | Uint8Array)[]>>): LdapEntry {
    const parts: Buffer[] = [];
    let at = 0;
    const list = Object.entries(attributes).map(([name, values]) => {
      const spans = values.flatMap((value) => {
        const bytes = Buffer.from(value);
        parts.push(bytes);
        at += bytes.length;
        return [at - bytes.length, at];
      });
      return { name, spans };
    });
    return { dn: 'CN=x,DC=y', bytes: Buffer.concat(parts), attributes: list };
  }

  it('spells names as they were asked for, and gives lists where the schema does', () => {
    const object = new ObjectDecoder(columns, 'positions').decode(
      entryOf({
        objectGUID: [guidToBytes(GUID) ?? ''],
        description: ['one'],
        accountExpires: ['9223372036854775807'],
        isCritical: ['TRUE'],
        objectClass: ['top', 'user'],
        secretary: [`<GUID=${GUID}>;CN=s,DC=y`],
      }),
    );
    expect(object).toMatchObject({
      anchor: GUID,
      type: 'user',
      attributes: {
        Description: ['one'],
        accountExpires: 9223372036854775807n,
        isCritical: true,
        secretary: ['CN=s,DC=y'],
      },
    });
  });

  it('tells cleared from unchanged', () => {
    const object = new ObjectDecoder(columns, 'changes').decode(entryOf({ Description: [], member: [] }));
    expect(object.cleared).toEqual(['Description']);
    expect(object.references).toEqual({ member: { kind: 'complete', targets: [] } });
    expect('accountExpires' in object.attributes).toBe(false);
  });

  it('takes ranges for changes or for positions, as the request means them', () => {
    const entry = entryOf({ 'member;range=1-1': [`<GUID=${GUID}>;CN=a`], 'member;range=0-0': [`<GUID=${GUID}>;CN=b`] });
    expect(new ObjectDecoder(columns, 'changes').decode(entry).references).toEqual({
      member: { kind: 'delta', add: [GUID], remove: [GUID] },
    });
    const cut = new ObjectDecoder(columns, 'positions').decode(
      entryOf({ 'member;range=0-1499': [`<GUID=${GUID}>;CN=a`], member: [] }),
    );
    expect(cut.rangesLeft).toEqual([{ column: columns.get('member'), low: 1500 }]);
  });

  it('wants an object read again when single values of a non-reference changed', () => {
    const object = new ObjectDecoder(columns, 'changes').decode(entryOf({ 'secretary;range=1-1': ['CN=s'] }));
    expect(object.isIncomplete).toBe(true);
  });

  it('makes a value that it cannot decode a problem of that object', () => {
    const object = new ObjectDecoder(columns, 'positions').decode(entryOf({ accountExpires: ['never'] }));
    expect(object.problem).toMatchObject({ attribute: 'accountExpires', value: 'never' });
  });
});

describe('the set of anchors', () => {
  it('knows every anchor it was given, and in which pass it was seen', () => {
    const set = new AnchorSet();
    const anchors = Array.from({ length: 5000 }, () => randomUUID());
    for (const anchor of anchors) expect(set.note(anchor, 1)).toBe(0);
    expect(set.size).toBe(5000);
    expect(anchors.every((anchor) => set.has(anchor))).toBe(true);
    expect(set.has(randomUUID())).toBe(false);
    for (const anchor of anchors.slice(0, 4990)) expect(set.note(anchor, 2)).toBe(1);
    expect([...set.missedIn(2)].sort()).toEqual(anchors.slice(4990).sort());
    expect(set.size).toBe(5000);
  });

  it('tells anchors of the same beginning apart', () => {
    const set = new AnchorSet();
    set.note('722d5a32-d05d-4757-8133-fdc79f98b1d7', 1);
    expect(set.has('722d5a32-d05d-4757-8133-fdc79f98b1d8')).toBe(false);
    set.note('00000000-0000-0000-0000-000000000000', 1);
    expect([...set.missedIn(2)]).toContain('00000000-0000-0000-0000-000000000000');
  });
});

describe('what a server says', () => {
  it.each([
    ['80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e, v3839', /wrong/],
    ['AcceptSecurityContext error, data 533, v1db1', /disabled/],
    ['AcceptSecurityContext error, data 775, v1db1', /locked/],
    ['AcceptSecurityContext error, data 773, v1db1', /changed first/],
    ['AcceptSecurityContext error, data 532, v1db1', /password.*expired/],
    ['AcceptSecurityContext error, data 701, v1db1', /account has expired/],
    ['AcceptSecurityContext error, data 525, v1db1', /does not exist/],
  ])('%s', (diagnostic, reason) => {
    expect(explainSignIn(diagnostic)?.reason).toMatch(reason);
  });

  it('about the sign-in may be unknown', () => {
    expect(explainSignIn('something else')).toBeNull();
  });

  it('about its partners is read in both versions', () => {
    const cursor = (size: number) => Buffer.concat([Buffer.from(guidToBytes(GUID) ?? []), Buffer.alloc(size - 16, 1)]);
    const head = (version: number, count: number) => {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32LE(version, 0);
      bytes.writeUInt32LE(count, 8);
      return bytes;
    };
    expect(readCursors(Buffer.concat([head(2, 2), cursor(32), cursor(32)]))).toEqual([GUID, GUID]);
    expect(readCursors(Buffer.concat([head(1, 1), cursor(24)]))).toEqual([GUID]);
    expect(readCursors(Buffer.alloc(3))).toEqual([]);
  });

  it('about the time is GeneralizedTime', () => {
    expect(parseGeneralizedTime('20261122035220.0Z')?.toISOString()).toBe('2026-11-22T03:52:20.000Z');
    expect(parseGeneralizedTime('yesterday')).toBeNull();
  });
});

describe('a watermark', () => {
  const watermark = {
    version: 1,
    method: 'dirsync',
    namingContext: 'DC=x',
    invocationId: GUID,
    cookie: 'TVNEUw==',
    usn: null,
    reason: null,
    attributes: normalizeNames(['sn', 'CN', 'cn']),
    takenAt: '2026-11-22T03:52:20.000Z',
  } as const;

  it('survives being stored', () => {
    expect(parseWatermark(formatWatermark(watermark))).toEqual(watermark);
    expect(watermark.attributes).toEqual(['cn', 'sn']);
  });

  it.each(['', 'null', '{}', '{"version":2}'])('of another form is none: %s', (text) => {
    expect(parseWatermark(text)).toBeNull();
  });
});

describe('the section of the configuration', () => {
  const least = { servers: ['ldaps://dc1'], user: 'svc@corp', password: { env: 'PASSWORD' } };

  it('has sensible values for what is left out', () => {
    expect(adSection.parse(least)).toMatchObject({
      startTls: false,
      tls: {},
      timeouts: { connect: '10s', request: '2m' },
      pageSize: 1000,
      delta: 'auto',
    });
  });

  it.each([
    [{ servers: [] }],
    [{ servers: ['https://dc1'] }],
    [{ servers: ['ldaps://dc1/DC=x'] }],
    [{ password: 'literal' }],
    [{ timeouts: { connect: '10' } }],
    [{ tls: { fingerprint: 'ab:cd' } }],
    [{ scope: {} }],
    [{ delta: 'yes' }],
    [{ user: '' }],
  ])('refuses %j', (change) => {
    expect(adSection.safeParse({ ...least, ...change }).success).toBe(false);
  });

  it('reads durations and fingerprints in the ways people write them', () => {
    expect(['250ms', '10s', '2m'].map(parseDuration)).toEqual([250, 10_000, 120_000]);
    const hex = 'AB'.repeat(32);
    const withColons = `SHA256:${hex.match(/../g)?.join(':')}`;
    expect(adSection.safeParse({ ...least, tls: { fingerprint: withColons } }).success).toBe(true);
    expect(normalizeFingerprint(withColons)).toBe('ab'.repeat(32));
  });
});
