import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { csvSection } from './config.ts';
import { csvSource } from './connector.ts';
import { contextFor, readWhole, type WholeRead } from './file-lab.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-csv-'));
  path = join(folder, 'people.csv');
});
afterEach(() => rmSync(folder, { recursive: true }));

const SECTION = {
  anchor: 'number',
  columns: { name: 'displayName', mail: ['mail', 'userPrincipalName'], boss: 'manager' },
};
const REQUEST = {
  attributes: [
    'displayName',
    'mail',
    'userPrincipalName',
    'proxyAddresses',
    'objectGUID',
    'objectSid',
    'accountExpires',
    'special',
  ],
  references: ['manager', 'member'],
};
const HEADER = 'number,name,mail,boss\n';

function connect(section: object = SECTION) {
  return csvSource.create(csvSection.parse({ path, ...section }), contextFor(folder));
}

async function readText(text: string | Buffer, section: object = SECTION): Promise<WholeRead> {
  writeFileSync(path, text);
  return readWhole(connect(section), REQUEST);
}

function causesOf(read: WholeRead): readonly string[] {
  return read.problems.map((problem) => problem.cause.replace(`${folder}/`, ''));
}

describe('a CSV file', () => {
  it('is read by the names of its header, with quotes, line breaks in fields, CRLF, blank lines and a byte order mark', async () => {
    const { objects, begin, problems } = await readText(
      '\ufeffMAIL,"number",other,name,boss\r\nann@x.org,1,x,"Änn ""A"", Ms.\r\n日本",\r\n\r\n,2,x,Bob,1\r\n',
    );
    expect(problems).toEqual([]);
    expect(begin).toMatchObject({ mode: 'full', method: 'CSV', reason: null, parameters: {} });
    expect(objects.get('1')).toMatchObject({
      type: 'user',
      place: null,
      attributes: { displayName: 'Änn "A", Ms.\r\n日本', mail: 'ann@x.org', userPrincipalName: 'ann@x.org' },
      references: {},
    });
    expect(objects.get('2')?.references).toEqual({ manager: { kind: 'complete', targets: ['1'] } });
    expect(objects.get('2')?.attributes['mail']).toBeUndefined();
  });

  it('may hold rows of delimiters alone, as spreadsheets write them', async () => {
    const { objects, problems } = await readText(`${HEADER}1,Ann,,\n,,,\n   \n`);
    expect([[...objects.keys()], problems]).toEqual([['1'], []]);
  });

  it('needs no line break at its end (RFC 4180 §2.2)', async () => {
    const { objects } = await readText(`${HEADER}1,Ann,,\n2,Bob,,1`);
    expect([...objects.keys()]).toEqual(['1', '2']);
  });

  it('takes delimiter, encoding, type column and separators from the configuration', async () => {
    const text = 'id;art;name;adressen;mitglieder\n7;user;Jörg;SMTP:j@x.org| smtp:k@x.org;\n8;Group;Gruppe;;7|9\n';
    const { objects } = await readText(Buffer.from(text, 'latin1'), {
      anchor: 'id',
      delimiter: ';',
      encoding: 'windows-1252',
      typeColumn: 'art',
      columns: {
        name: 'displayName',
        adressen: { attribute: 'proxyAddresses', separator: '|' },
        mitglieder: { attribute: 'member', separator: '|' },
      },
    });
    expect(objects.get('7')?.attributes).toMatchObject({
      displayName: 'Jörg',
      proxyAddresses: ['SMTP:j@x.org', 'smtp:k@x.org'],
    });
    expect(objects.get('8')).toMatchObject({ type: 'group', references: { member: { targets: ['7', '9'] } } });
  });

  it('types values as Active Directory does, or as the configuration says', async () => {
    const { objects } = await readText('number,sid,expires,s\n1,S-1-5-21-1-2-3-500,133500000000000000,yes\n', {
      anchor: 'number',
      columns: { sid: 'objectSid', expires: 'accountExpires', s: { attribute: 'special', type: 'boolean' } },
    });
    expect(objects.get('1')?.attributes).toMatchObject({ accountExpires: 133500000000000000n, special: true });
    expect(Buffer.from(objects.get('1')?.attributes['objectSid'] as Uint8Array).toString('hex')).toBe(
      '010500000000000515000000010000000200000003000000f4010000',
    );
  });

  it('takes an objectGUID for the anchor, and finds a manager by GUID, number or name', async () => {
    const guid = '6F9619FF-8B86-D011-B42D-00C04FC964FF';
    const anchor = guid.toLowerCase();
    const rows = [
      `1,{${guid}},"CN=Ann,DC=x,DC=org",`,
      `2,,"CN=Bob,DC=x,DC=org",1`,
      `3,,,"cn=ann, dc=x, dc=org"`,
      `4,,,${guid}`,
    ];
    const { objects } = await readText(`number,guid,dn,boss\n${rows.join('\n')}\n`, {
      anchor: 'number',
      columns: { guid: 'objectGUID', dn: 'dn', boss: 'manager' },
    });
    expect(objects.get(anchor)?.place).toEqual({ parent: 'dn:dc=x,dc=org', rdn: 'CN=Ann' });
    for (const other of ['2', '3', '4'])
      expect(objects.get(other)?.references['manager']).toEqual({ kind: 'complete', targets: [anchor] });
  });

  it('can be anchored in several columns, whose values never run together', async () => {
    const { objects } = await readText('a,b\nx,y+z\nx+y,z\n', { anchor: ['a', 'b'], columns: { a: 'displayName' } });
    expect([...objects.keys()]).toEqual(['x+y\\+z', 'x\\+y+z']);
  });

  it('gives objects of two sources with the same number different objectGUIDs, and the same ones each time', async () => {
    writeFileSync(path, `${HEADER}1,Ann,,\n`);
    const guidIn = async (name: string) => {
      const connector = csvSource.create(csvSection.parse({ path, ...SECTION }), contextFor(folder, name));
      return (await readWhole(connector, REQUEST)).objects.get('1')?.attributes['objectGUID'];
    };
    expect(await guidIn('hr')).toEqual(await guidIn('hr'));
    expect(await guidIn('hr')).not.toEqual(await guidIn('partners'));
  });
});

describe('a row of a CSV file that cannot be read', () => {
  it.each([
    ['too few fields', '2,Bob', 'people.csv:3: the row has 2 fields, the header 4', null],
    ['too many fields', '2,Bob,,1,5', 'people.csv:3: the row has 5 fields, the header 4', null],
    ['no anchor', ',Bob,,', 'people.csv:3: number is empty, so it is not known which object the row is', null],
    [
      'a quote in the middle',
      '2,B"ob",,',
      'people.csv:3: a quote stands where none may be; write "" for a quote within a quoted field',
      null,
    ],
    [
      'text behind a quote',
      '2,"Bob"x,,',
      'people.csv:3: a quote stands where none may be; write "" for a quote within a quoted field',
      null,
    ],
    [
      'a quote that is not closed',
      '2,"Bob,,',
      'people.csv:3: a quote stands where none may be; write "" for a quote within a quoted field',
      null,
    ],
    ['the anchor of another row', '1,Bob,,', 'people.csv:3: the same object stands in lines 2, 3', '1'],
  ])('because of %s is named with file, line and reason', async (_, row, cause, anchor) => {
    const read = await readText(`${HEADER}1,Ann,,\n${row}\n9,"Eve ""E""",,\n3,Cid,,\n`);
    expect(causesOf(read)).toContain(cause);
    expect(read.problems.at(-1)?.anchor).toBe(anchor);
    expect(read.objects.has('3')).toBe(true);
  });

  it('is named by its own line, however many lines the rows before it took', async () => {
    const read = await readText(`${HEADER}\n\n1,"Ann\nof\nGreen Gables",,\n\n2,Bob\n\n3\n`);
    expect(causesOf(read)).toEqual([
      'people.csv:8: the row has 2 fields, the header 4',
      'people.csv:10: the row has 1 fields, the header 4',
    ]);
  });

  it('because of a value is named, and its object stays', async () => {
    const read = await readText('number,expires\n1,never\n2,0\n', {
      anchor: 'number',
      columns: { expires: 'accountExpires' },
    });
    expect(read.problems).toEqual([
      {
        code: 'source-record-unreadable',
        anchor: '1',
        name: '1',
        cause: `${path}:2: accountExpires must be a whole number`,
        attribute: 'accountExpires',
        value: 'never',
      },
    ]);
    expect([...read.objects.keys()]).toEqual(['2']);
  });

  it('because of its type is named', async () => {
    const read = await readText('number,kind\n1,robot\n', {
      anchor: 'number',
      typeColumn: 'kind',
      columns: { number: 'employeeID' },
    });
    expect(causesOf(read)).toEqual([
      expect.stringMatching(/^people\.csv:2: "robot" is no type of object; known are user, /),
    ]);
    expect(read.problems[0]?.anchor).toBe('1');
  });
});

describe('a CSV file that is not whole', () => {
  it.each([
    ['is empty', '', 'is empty'],
    ['has a header only', HEADER, 'it holds no row below its header'],
    [
      'ends within a quoted field',
      `${HEADER}1,Ann,,\n2,"Bob`,
      'it ends within a quoted field that begins after line 2',
    ],
    ['ends within a row', `${HEADER}1,Ann,,\n2,Bo`, 'it ends within line 3, after 2 of 4 fields'],
  ])('because it %s is an error', async (_, text, reason) => {
    await expect(readText(text)).rejects.toMatchObject({
      code: 'file-truncated',
      message: expect.stringContaining(reason),
    });
  });

  it('is told by the line break in UTF-16 as well, whatever the encoding was before', async () => {
    const text = `${HEADER}1,Ann,,1\n`;
    const { watermark } = await readText(text);
    const section = { ...SECTION, encoding: 'utf-16le' };
    writeFileSync(path, Buffer.from(text, 'utf16le'));
    const again = await readWhole(connect(section), { ...REQUEST, watermark });
    expect(again.objects.size).toBe(1);
    writeFileSync(path, Buffer.from(text.trimEnd(), 'utf16le'));
    const cut = readWhole(connect(section), { ...REQUEST, watermark: again.watermark });
    await expect(cut).rejects.toMatchObject({ code: 'file-truncated' });
  });

  it('is told by the line break that it used to end with', async () => {
    const { watermark } = await readText(`${HEADER}1,Ann,,1\n2,Bob,,1\n`);
    writeFileSync(path, `${HEADER}1,Ann,,1`);
    await expect(readWhole(connect(), { ...REQUEST, watermark })).rejects.toMatchObject({ code: 'file-truncated' });
  });
});

describe('a CSV file that does not fit its configuration', () => {
  it.each(['"', '\n', ';;', ''])('cannot have %j for a delimiter', (delimiter) => {
    expect(csvSection.safeParse({ path, ...SECTION, delimiter }).success).toBe(false);
  });

  it('because a column is missing is an error that names it and those that are there', async () => {
    await expect(readText('number;name\n1;Ann\n')).rejects.toMatchObject({
      code: 'config-invalid',
      message: `${path}:1: there is no column "name", "mail", "boss", "number"; the header has: number;name`,
    });
  });

  it('because a column stands twice is an error', async () => {
    await expect(readText('number,name,mail,boss,name\n')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('the column "name" stands in the header twice'),
    });
  });

  it('because it is encoded otherwise is an error', async () => {
    await expect(readText(Buffer.from(`${HEADER}1,J\xf6rg,,\n`, 'latin1'))).rejects.toMatchObject({
      code: 'file-invalid',
      message: `${path} is not encoded in utf-8.`,
    });
  });

  it.each([
    ['no anchor', { columns: { a: 'mail' } }, 'is missing; name the column that says which object a row is'],
    [
      'type and typeColumn',
      { anchor: 'a', columns: { a: 'mail' }, type: 'user', typeColumn: 'b' },
      'stands beside type',
    ],
  ])('because it has %s is refused by its schema', (_, section, message) => {
    const result = csvSection.safeParse({ path, ...section });
    expect(result.error?.issues[0]?.message).toContain(message);
  });
});

describe('the check of a CSV file', () => {
  it('warns when the standard rules would leave its users out', async () => {
    writeFileSync(path, `${HEADER}1,Ann,,\n`);
    const lines = [];
    for await (const line of connect().check()) lines.push(`${line.state} ${line.detail}`);
    expect(lines).toEqual([
      expect.stringMatching(/^ok \d+ bytes of CSV: 1 user$/),
      expect.stringContaining('warning no column fills sAMAccountName'),
    ]);
  });
});
