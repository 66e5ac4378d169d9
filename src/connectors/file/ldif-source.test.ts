import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guidToText } from '../../model/anchor.ts';
import { ldifSource } from './connector.ts';
import { contextFor, readWhole, type WholeRead } from './file-lab.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-ldif-'));
  path = join(folder, 'partners.ldif');
});
afterEach(() => rmSync(folder, { recursive: true }));

const ATTRIBUTES = [
  'displayName',
  'description',
  'userAccountControl',
  'objectGUID',
  'sAMAccountName',
  'thumbnailPhoto',
];
const REQUEST = { attributes: [...ATTRIBUTES, 'member', 'manager'], references: ['member', 'manager'] };

function connect(attributes: Readonly<Record<string, string>> = {}) {
  return ldifSource.create({ path, attributes }, contextFor(folder));
}

async function readText(text: string | Buffer, request: Parameters<typeof readWhole>[1] = REQUEST): Promise<WholeRead> {
  writeFileSync(path, text);
  return readWhole(connect(), request);
}

function person(name: string, ...lines: readonly string[]): string {
  return [`dn: cn=${name},ou=People,dc=example,dc=com`, 'objectClass: user', ...lines, '', ''].join('\n');
}

const ANN = 'dn:cn=ann,ou=people,dc=example,dc=com';
const BOB = 'dn:cn=bob,ou=people,dc=example,dc=com';

/** `path:line: reason` of each problem, without the folder. */
function causesOf(read: WholeRead): readonly string[] {
  return read.problems.map((problem) => problem.cause.replace(`${folder}/`, ''));
}

describe('an LDIF file', () => {
  it('is read with version line, comments, folding, base64, CRLF and a byte order mark', async () => {
    const lines = [
      '\ufeffversion: 1',
      '# a comment that is',
      '  folded: not an attribute',
      'dn: cn=ann,ou=People,',
      ' dc=example,dc=com',
      'objectClass: top',
      'objectClass: person',
      'objectClass: user',
      'displayName:: w4RubiAi5pel5pys',
      ' IiDwn5mC',
      '# between',
      'description:no blank after the colon',
      'DESCRIPTION:   several',
      'userAccountControl: 514',
      'thumbnailPhoto:: //79',
      '',
      '',
    ];
    const { objects, problems, begin } = await readText(lines.join('\r\n'));
    expect(problems).toEqual([]);
    expect(begin).toEqual({
      kind: 'begin',
      mode: 'full',
      method: 'LDIF',
      reason: null,
      parameters: { 'Domain.FQDN': 'example.com' },
    });
    expect(objects.get(ANN)).toMatchObject({
      type: 'user',
      place: { parent: 'dn:ou=people,dc=example,dc=com', rdn: 'cn=ann' },
      attributes: {
        displayName: 'Änn "日本" 🙂',
        description: ['no blank after the colon', 'several'],
        userAccountControl: 514n,
        thumbnailPhoto: new Uint8Array([255, 254, 253]),
      },
    });
  });

  it('makes the containers that its names speak of', async () => {
    const { objects } = await readText(person('ann'));
    expect([...objects.values()].map(({ anchor, type, place }) => ({ anchor, type, place })).slice(0, 2)).toEqual([
      { anchor: 'dn:dc=example,dc=com', type: 'domain', place: { parent: null, rdn: 'dc=example,dc=com' } },
      {
        anchor: 'dn:ou=people,dc=example,dc=com',
        type: 'container',
        place: { parent: 'dn:dc=example,dc=com', rdn: 'ou=People' },
      },
    ]);
  });

  it('takes objectGUID, else entryUUID, else the name as the anchor, and always gives an objectGUID', async () => {
    const guid = 'AAECAwQFBgcICQoLDA0ODw==';
    const uuid = '6f9619ff-8b86-d011-b42d-00c04fc964ff';
    const { objects } = await readText(
      person('ann', `objectGUID:: ${guid}`, `entryUUID: ${uuid}`) + person('bob', `entryUUID: ${uuid}`) + person('cid'),
    );
    const users = [...objects.values()].filter((object) => object.type === 'user');
    expect(users.map((object) => object.anchor)).toEqual([
      '03020100-0504-0706-0809-0a0b0c0d0e0f',
      uuid,
      'dn:cn=cid,ou=people,dc=example,dc=com',
    ]);
    const guids = users.map((object) => object.attributes['objectGUID'] as Uint8Array);
    expect(guids[0]).toEqual(new Uint8Array(Buffer.from(guid, 'base64')));
    expect(guidToText(guids[1] ?? new Uint8Array())).toBe(uuid);
    expect(guidToText(guids[2] ?? new Uint8Array())).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const again = await readWhole(connect(), REQUEST);
    expect(again.objects.get('dn:cn=cid,ou=people,dc=example,dc=com')?.attributes['objectGUID']).toEqual(guids[2]);
  });

  it('resolves references forwards and backwards, and keeps the name of what is not there', async () => {
    const group = 'dn: cn=staff,dc=example,dc=com\nobjectClass: groupOfNames\n';
    const members =
      'member: CN=Ann, OU=people,DC=example,DC=com\nmember: cn=bob,ou=People,dc=example,dc=com\nmember: cn=Nobody,dc=example,dc=com\n\n';
    const { objects } = await readText(
      person('ann', 'manager: cn=bob,ou=People,dc=example,dc=com') + group + members + person('bob'),
    );
    expect(objects.get(ANN)?.references['manager']).toEqual({ kind: 'complete', targets: [BOB] });
    expect(objects.get('dn:cn=staff,dc=example,dc=com')).toMatchObject({
      type: 'group',
      references: { member: { kind: 'complete', targets: [ANN, BOB, 'dn:cn=nobody,dc=example,dc=com'] } },
    });
  });

  it('fills in what a domain controller always gives', async () => {
    writeFileSync(
      path,
      `dn: uid=ann,o=acme\nobjectClass: inetOrgPerson\nuid: ann\ncn: A\n\ndn: cn=g,o=acme\nobjectClass: groupOfUniqueNames\nuniqueMember: uid=ann,o=acme\n\n`,
    );
    const { objects } = await readWhole(connect({ displayName: 'cn' }), {
      attributes: ['userAccountControl', 'groupType', 'sAMAccountName', 'displayName', 'distinguishedName'],
      references: ['member'],
    });
    expect(objects.get('dn:uid=ann,o=acme')).toMatchObject({
      type: 'inetOrgPerson',
      attributes: {
        userAccountControl: 512n,
        sAMAccountName: 'ann',
        displayName: 'A',
        distinguishedName: 'uid=ann,o=acme',
      },
    });
    expect(objects.get('dn:cn=g,o=acme')).toMatchObject({
      attributes: { groupType: -2147483646n },
      references: { member: { targets: ['dn:uid=ann,o=acme'] } },
    });
  });

  it('takes of several values the one that names the entry, where Active Directory has one', async () => {
    const { objects } = await readText(person('ann', 'cn: Anna', 'cn: Ann', 'title: First', 'title: Second'), {
      attributes: ['cn', 'title'],
    });
    expect(objects.get(ANN)?.attributes).toEqual({ cn: 'Ann', title: 'First' });
  });

  it('takes the first of several managers', async () => {
    const boss = (name: string) => `manager: cn=${name},ou=People,dc=example,dc=com`;
    const { objects } = await readText(person('ann', boss('cid'), boss('bob')) + person('bob'));
    expect(objects.get(ANN)?.references['manager']).toEqual({
      kind: 'complete',
      targets: ['dn:cn=cid,ou=people,dc=example,dc=com'],
    });
  });

  it('keeps values of a language apart from the plain ones', async () => {
    const { objects } = await readText(person('ann', 'displayName;lang-de: Anne', 'displayName: Ann'));
    expect(objects.get(ANN)?.attributes['displayName']).toBe('Ann');
  });

  it('gives a group that is longer than a page in pieces', async () => {
    const lines = Array.from({ length: 25_000 }, (_, index) => `member: cn=p${index},dc=example,dc=com`);
    writeFileSync(path, `dn: cn=big,dc=example,dc=com\nobjectClass: group\n${lines.join('\n')}\n\n`);
    const pieces: number[] = [];
    for await (const event of connect().read({ watermark: null, ...REQUEST })) {
      if (event.kind !== 'page') continue;
      for (const change of event.changes) {
        const list = change.kind === 'put' || change.kind === 'patch' ? change.references['member'] : undefined;
        if (list?.kind === 'complete') pieces.push(list.more ? list.targets.length : -list.targets.length);
      }
    }
    expect(pieces).toEqual([10_000, 10_000, -5000]);
  });
});

describe('a record of an LDIF file that cannot be read', () => {
  it.each([
    ['bad base64', 'displayName:: w4Ru*', 'partners.ldif:3: displayName: the value is no valid base64'],
    ['a line without colon', 'displayName Ann', 'partners.ldif:3: the line has no colon'],
    ['a name that is none', 'display name: Ann', 'partners.ldif:3: display name is no name of an attribute'],
    [
      'a value from another file',
      'thumbnailPhoto:< file:///etc/passwd',
      'partners.ldif:3: thumbnailPhoto: values from other files (":<") are not read; put the value into the LDIF in base64',
    ],
    [
      'a part of a list',
      'member;range=0-1499: cn=bob,ou=People,dc=example,dc=com',
      'partners.ldif:3: member;range=0-1499 is only a part of the list; export all values of it',
    ],
    ['a number that is none', 'userAccountControl: many', 'partners.ldif:1: userAccountControl must be a whole number'],
  ])('because of %s is named with file, line and reason, and its object stays', async (_, line, cause) => {
    const read = await readText(person('ann', line) + person('bob'));
    expect(causesOf(read)).toEqual([cause]);
    expect(read.problems[0]).toMatchObject({ anchor: ANN, name: 'cn=ann,ou=People,dc=example,dc=com' });
    expect(read.objects.has(ANN)).toBe(false);
    expect(read.objects.has(BOB)).toBe(true);
  });

  it('because it has no objectClass is named', async () => {
    const read = await readText(`dn: cn=ann,ou=People,dc=example,dc=com\ndisplayName: Ann\n\n${person('bob')}`);
    expect(causesOf(read)).toEqual(['partners.ldif:1: the record has no objectClass']);
    expect(read.problems[0]?.anchor).toBe(ANN);
  });

  it('because its value is not UTF-8 is named', async () => {
    const text = Buffer.concat([
      Buffer.from(person('ann', 'displayName: X').trimEnd()),
      Buffer.from([0xff]),
      Buffer.from(`\n\n${person('bob')}`),
    ]);
    expect(causesOf(await readText(text))).toEqual(['partners.ldif:3: displayName: the value is not UTF-8']);
  });

  it('has no anchor when the name itself is unreadable', async () => {
    const read = await readText(`dn:: ***\nobjectClass: user\n\ndisplayName: lost\n\n${person('bob')}`);
    expect(read.problems.map((problem) => problem.anchor)).toEqual([null, null]);
    expect(causesOf(read)).toEqual([
      'partners.ldif:1: dn: the value is no valid base64',
      'partners.ldif:4: a record begins with "dn:"',
    ]);
  });

  it('because it stands twice leaves the object as it is, wherever the two stand', async () => {
    const read = await readText(person('ann', 'displayName: One') + person('bob') + person('ANN', 'displayName: Two'));
    expect(causesOf(read)).toEqual([
      'partners.ldif:1: the same object stands in lines 1, 8',
      'partners.ldif:8: the same object stands in lines 1, 8',
    ]);
    expect(read.problems.map((problem) => problem.anchor)).toEqual([ANN, ANN]);
    expect(read.objects.has(BOB)).toBe(true);
  });

  it('because two names claim one objectGUID leaves both as they are', async () => {
    const guid = 'objectGUID:: AAECAwQFBgcICQoLDA0ODw==';
    const read = await readText(person('ann', guid) + person('bob', guid) + person('cid'));
    expect(read.problems).toHaveLength(2);
    expect([...read.objects.values()].filter((object) => object.type === 'user')).toHaveLength(1);
  });

  it('and may be any object of a file with GUIDs keeps what refers to it as it is', async () => {
    const bob = person('bob', 'objectGUID:: AAECAwQFBgcICQoLDA0ODw==');
    const group = `dn: cn=staff,dc=example,dc=com\nobjectClass: group\nobjectGUID:: AQECAwQFBgcICQoLDA0ODw==\nmember: cn=ann,ou=People,dc=example,dc=com\n\n`;
    const read = await readText(person('ann', 'objectGUID:: broken!') + bob + group);
    expect(read.problems.map((problem) => problem.anchor)).toEqual([null, '03020101-0504-0706-0809-0a0b0c0d0e0f']);
    expect(causesOf(read)[1]).toBe('partners.ldif:9: member refers to the record at line 1, which cannot be read');
  });
});

describe('an LDIF file that is not whole', () => {
  it.each([
    ['is empty', '', 'is empty'],
    ['holds no record', '# nothing\n\n', 'it holds no record'],
    ['ends within a line', person('ann', 'displayName: An').trimEnd(), 'its last line has no line break'],
    [
      'ends within folded base64',
      `${person('ann')}dn: cn=bob,dc=example,dc=com\nobjectClass: user\ndisplayName:: ${'QUJD'.repeat(15)}A\n`,
      'it ends within the base64 value of line 6',
    ],
    [
      'ends behind a name',
      `${person('ann')}dn: cn=bob,dc=example,dc=com\n`,
      'it ends after the first line of the record at line 4',
    ],
    [
      'lacks the end that ldapsearch writes',
      `# extended LDIF\n#\n\n${person('ann')}`,
      'the lines that ldapsearch writes at the end are missing',
    ],
    [
      'holds fewer entries than ldapsearch found',
      `# extended LDIF\n\n${person('ann')}# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 2\n`,
      'ldapsearch wrote 2 entries, but the file holds 1',
    ],
    [
      'comes from a search that hit a limit',
      `# extended LDIF\n\n${person('ann')}# search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n# numResponses: 2\n# numEntries: 1\n`,
      'the search that made it failed (line 8: result: 4 Size limit exceeded)',
    ],
  ])('because it %s is an error before anything is delivered', async (_, text, reason) => {
    writeFileSync(path, text);
    const kinds: string[] = [];
    const reading = async () => {
      for await (const event of connect().read({ watermark: null, ...REQUEST })) kinds.push(event.kind);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'file-truncated', message: expect.stringContaining(reason) });
    expect(kinds).toEqual([]);
  });

  it('is told by the empty line that it used to end with', async () => {
    const { watermark } = await readText(person('ann') + person('bob', 'displayName: Bob'));
    writeFileSync(path, `${person('ann')}dn: cn=bob,ou=People,dc=example,dc=com\nobjectClass: user\n`);
    await expect(readWhole(connect(), { ...REQUEST, watermark })).rejects.toMatchObject({ code: 'file-truncated' });
  });

  it('is not what ldapsearch writes when all is well', async () => {
    const { objects } = await readText(
      `# extended LDIF\n#\n# LDAPv3\n\n# ann\n${person('ann')}# search reference\nref: ldap://other.example.com/dc=example\n\n# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 1\n# numReferences: 1\n`,
    );
    expect(objects.has(ANN)).toBe(true);
  });

  it('because it is written to meanwhile is an error', async () => {
    writeFileSync(path, Array.from({ length: 3000 }, (_, index) => person(`p${index}`)).join(''));
    const reading = async () => {
      for await (const event of connect().read({ watermark: null, ...REQUEST }))
        if (event.kind === 'begin') appendFileSync(path, person('late'));
    };
    await expect(reading()).rejects.toMatchObject({ code: 'file-truncated' });
  });
});

describe('an LDIF file of another form', () => {
  it.each([
    [
      'change records',
      'dn: cn=ann,dc=example,dc=com\nchangetype: delete\n\n',
      'partners.ldif:2: "changetype: delete" belongs to a change record',
    ],
    [
      'controls',
      'dn: cn=ann,dc=example,dc=com\ncontrol: 1.2.3 true\nchangetype: delete\n\n',
      'partners.ldif:2: "control: 1.2.3 true" belongs to a change record',
    ],
    ['another version', 'version: 2\ndn: cn=ann,dc=example,dc=com\n\n', 'partners.ldif:1: LDIF version 2 is not known'],
    ['UTF-16', Buffer.from('\ufeffdn: cn=ann\n', 'utf16le'), 'partners.ldif:1: the file is in UTF-16'],
  ])('(%s) is refused with the line', async (_, text, message) => {
    await expect(readText(text)).rejects.toMatchObject({
      code: 'file-invalid',
      message: expect.stringContaining(message),
    });
  });

  it('that is a named pipe is refused without waiting for anybody to write into it', async () => {
    execFileSync('mkfifo', [path]);
    await expect(readWhole(connect())).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('that is missing is named', async () => {
    await expect(readWhole(connect())).rejects.toMatchObject({
      code: 'file-missing',
      message: expect.stringContaining(path),
    });
  });
});

describe('an LDIF file that was read before', () => {
  it('and is the same byte for byte gives no change', async () => {
    const { watermark } = await readText(person('ann'));
    writeFileSync(path, person('ann'));
    const again = await readWhole(connect(), { ...REQUEST, watermark });
    expect([again.begin.mode, again.objects.size, again.watermark]).toEqual(['delta', 0, watermark]);
  });

  it('is read whole when it, the attributes asked for or the mapping have changed, and says so', async () => {
    const { watermark } = await readText(person('ann'));
    const more = await readWhole(connect(), { ...REQUEST, watermark, attributes: ['cn'] });
    expect([more.begin.mode, more.begin.reason]).toEqual(['full', expect.stringContaining('other attributes')]);
    const mapped = await readWhole(connect({ displayName: 'cn' }), { ...REQUEST, watermark });
    expect(mapped.begin.mode).toBe('full');
    appendFileSync(path, person('bob'));
    const changed = await readWhole(connect(), { ...REQUEST, watermark });
    expect([changed.begin.mode, changed.begin.reason]).toEqual([
      'full',
      expect.stringContaining('the file has changed'),
    ]);
  });
});

describe('the check of an LDIF file', () => {
  it('counts what it holds and names the records that cannot be read', async () => {
    writeFileSync(path, person('ann') + person('bob', 'displayName:: *'));
    const lines = [];
    for await (const line of connect().check()) lines.push(`${line.state} ${line.detail}`);
    expect(lines).toEqual([
      expect.stringMatching(/^ok \d+ bytes of LDIF: 2 user$/),
      `warning ${path}:6: displayName: the value is no valid base64`,
    ]);
  });

  it('says what is wrong with a file that is missing', async () => {
    const lines = [];
    for await (const line of connect().check()) lines.push(line);
    expect(lines).toEqual([expect.objectContaining({ state: 'error', remedy: expect.any(String) })]);
  });
});
