import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csExport, type SampleObject, spaceDn, writeCsExport } from '../../../test/migration/csexport-sample.ts';
import { DirbridgeError } from '../../errors.ts';
import { type ConnectObject, toConnectObject } from './connect-object.ts';
import { readCsExport } from './read-csexport.ts';

const ANCHOR = 'x4V0iaeB60KXxjftcwd7Hw==';
const OTHER = 'AAAAiaeB60KXxjftcwd7Hw==';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-csexport-'));
  file = join(folder, 'export.xml');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function readFile(): Promise<readonly ConnectObject[]> {
  const objects: ConnectObject[] = [];
  for await (const raw of readCsExport(file)) objects.push(toConnectObject(raw));
  return objects;
}

async function read(...objects: readonly SampleObject[]): Promise<readonly ConnectObject[]> {
  writeCsExport(file, csExport(...objects));
  return readFile();
}

async function readOne(object: SampleObject): Promise<ConnectObject> {
  const [one] = await read(object);
  return one ?? expect.fail('no object was read');
}

/** Values as texts, references by their DN. */
function valuesOf({ attributes }: ConnectObject): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...attributes].map(([name, one]) => [name, one.values.map((value) => value.text)]));
}

async function refusalOf(xml: string | Uint8Array): Promise<DirbridgeError> {
  writeFileSync(file, xml);
  const error = await readFile().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DirbridgeError)) return expect.fail('it was read');
  expect(error.code).toBe('connect-file-invalid');
  return error;
}

describe('an object is what Connect wants it to be', () => {
  const before = { attributes: { sourceAnchor: ANCHOR, displayName: 'Anna', title: 'Clerk' } };

  test('as it was synchronized, where nothing waits', async () => {
    const object = await readOne({ anchor: ANCHOR, synchronized: before });
    expect(object).toMatchObject({ anchor: ANCHOR, type: 'user', state: 'kept', isWhole: true, isPending: false });
    expect(valuesOf(object)).toEqual({ sourceAnchor: [ANCHOR], displayName: ['Anna'], title: ['Clerk'] });
  });

  test('as it is to be once the export was done, where that is told whole', async () => {
    const result = { attributes: { ...before.attributes, title: 'Boss' } };
    const change = { operation: 'update', attributes: { title: 'Boss' } };
    const object = await readOne({ anchor: ANCHOR, synchronized: before, change, result });
    expect(object).toMatchObject({ state: 'kept', isWhole: true, isPending: true });
    expect(valuesOf(object)['title']).toEqual(['Boss']);
  });

  test('with the change laid over what was synchronized, where only the change is told', async () => {
    const object = await readOne({
      anchor: ANCHOR,
      synchronized: {
        attributes: { ...before.attributes, proxyAddresses: ['SMTP:a@x.com', 'smtp:b@x.com'], info: 'old' },
        references: { publicDelegates: [OTHER, 'second'] },
      },
      change: {
        operation: 'update',
        attributes: { title: 'Boss', proxyAddresses: ['smtp:c@x.com'] },
        references: { publicDelegates: ['third'] },
        cleared: ['info'],
        removed: { attributes: { proxyAddresses: ['smtp:b@x.com'] }, references: { publicDelegates: [OTHER] } },
      },
    });
    expect(object.isWhole).toBe(true);
    expect(valuesOf(object)).toMatchObject({
      displayName: ['Anna'],
      title: ['Boss'],
      info: [],
      proxyAddresses: ['SMTP:a@x.com', 'smtp:c@x.com'],
      publicDelegates: [spaceDn('second'), spaceDn('third')],
    });
  });

  test('of which only a change is known: the rest cannot be compared, and of many values only what comes and goes', async () => {
    const object = await readOne({
      anchor: ANCHOR,
      change: {
        operation: 'update',
        attributes: { title: 'Boss', proxyAddresses: ['smtp:c@x.com'] },
        removed: { attributes: { proxyAddresses: ['smtp:b@x.com'] } },
      },
    });
    expect(object).toMatchObject({ anchor: ANCHOR, isWhole: false, state: 'kept' });
    expect(object.attributes.get('title')).toMatchObject({ removed: null, values: [{ text: 'Boss' }] });
    expect(object.attributes.get('proxyAddresses')?.removed).toMatchObject([{ text: 'smtp:b@x.com' }]);
  });

  test('new: the change is all there is', async () => {
    const object = await readOne({ anchor: ANCHOR, change: { operation: 'add', attributes: before.attributes } });
    expect(object).toMatchObject({ isWhole: true, isPending: true, name: 'Anna' });
  });

  test('about to be deleted, told by the change or beside it, and still known by its name', async () => {
    const gone = { operation: 'delete' };
    const more = '<export-delta-operation>delete</export-delta-operation>';
    const objects = await read(
      { anchor: ANCHOR, synchronized: before, change: gone },
      { anchor: ANCHOR, synchronized: before, more },
    );
    for (const object of objects) expect(object).toMatchObject({ state: 'deleted', name: 'Anna', anchor: ANCHOR });
  });

  test('as it was sent last, where that is not confirmed yet', async () => {
    const sent = (block: string, title: string): string =>
      `<${block}><delta operation="update" dn="${spaceDn(ANCHOR)}"><attr name="title" operation="replace" type="string"><value>${title}</value></attr></delta></${block}>`;
    const more = sent('escrowed-export', 'Later') + sent('unconfirmed-export', 'Sent');
    expect(valuesOf(await readOne({ anchor: ANCHOR, synchronized: before, more }))['title']).toEqual(['Later']);
    const change = { operation: 'update', attributes: { title: 'Newest' } };
    expect(valuesOf(await readOne({ anchor: ANCHOR, synchronized: before, change, more }))['title']).toEqual([
      'Newest',
    ]);
  });

  test('nobody’s, where Connect has joined it to nothing or the file says nothing of it', async () => {
    const objects = await read(
      { anchor: ANCHOR, synchronized: before, more: '<connector>0</connector>' },
      { anchor: OTHER },
    );
    expect(objects.map((one) => one.state)).toEqual(['unmanaged', 'empty']);
  });
});

test('the source anchor is in the DN where no attribute tells it, and case counts', async () => {
  const { anchor, dn } = await readOne({ anchor: ANCHOR, synchronized: { attributes: { title: 'x' } } });
  expect(dn).toBe('CN={783456306961654236304B58786A66746377643748773D3D}');
  expect(anchor).toBe(ANCHOR);
  const odd = await readOne({ anchor: '', dn: 'CN=Somebody', synchronized: {} });
  expect(odd.anchor).toBeNull();
});

test('errors that Connect has with an object are told in its own words, without the stack of its programs', async () => {
  const detail =
    '<export-errordetail><export-status><cd-error><error-code>0x8023134a</error-code><error-name>AttributeValueMustBeUnique</error-name><error-literal>Unable to update</error-literal><server>ad.example</server></cd-error><call-stack>at X.Y()</call-stack></export-status></export-errordetail>';
  const { problems } = await readOne({ anchor: ANCHOR, synchronized: {}, more: detail });
  expect(problems).toEqual(['export: 0x8023134a, AttributeValueMustBeUnique, Unable to update']);
});

test.each([
  'utf8',
  'utf8-bom',
  'utf16le',
] as const)('a file in %s is read alike, letters of every kind', async (encoding) => {
  const name = 'Zoë 田中 👩‍💻 & <Söhne>';
  writeCsExport(file, csExport({ anchor: ANCHOR, synchronized: { attributes: { displayName: name } } }), encoding);
  expect((await readFile()).map((one) => one.name)).toEqual([name]);
});

describe('a file is refused with its place', () => {
  const good = csExport({ anchor: ANCHOR, synchronized: { attributes: { displayName: 'Anna' } } });

  test('when it was cut off, and then nothing is told of it', async () => {
    const { message } = await refusalOf(good.slice(0, good.indexOf('</entry>')));
    expect(message).toMatch(/export\.xml:3:\d+: the file ends inside of <entry>: it was cut off/);
    expect((await refusalOf(good.replace('</cs-objects>', ''))).message).toContain('ends inside of <cs-objects>');
  });

  test('when it is no XML, another kind of XML, or empty', async () => {
    expect((await refusalOf('dn: CN=x\n')).message).toMatch(/export\.xml:\d+:\d+: /);
    const { message, remedy } = await refusalOf('<synchronizationRule/>');
    expect(message).toContain('begins with <synchronizationRule>, so it is no connector space export');
    expect(remedy).toContain('csexport "');
    expect((await refusalOf('')).message).toContain('the file is empty');
    expect((await refusalOf(good.replace('</entry>', '</enttry>'))).message).toMatch(/export\.xml:3:\d+: /);
  });

  test('when it is the space of a forest', async () => {
    const dn = 'CN=Anna,OU=People,DC=corp,DC=example,DC=com';
    const { message, remedy } = await refusalOf(csExport({ anchor: ANCHOR, dn, synchronized: {} }));
    expect(message).toContain(`export.xml:3: "${dn}" is an object of a directory`);
    expect(remedy).toContain('Export the connector of the tenant');
    const other = '<ma-id>{11111111-2222-3333-4444-555555555555}</ma-id><ma-name>HR</ma-name>';
    expect((await refusalOf(csExport({ anchor: ANCHOR, synchronized: {}, more: other }))).message).toContain(
      'belongs to the connector HR',
    );
  });

  test('when it means harm: a document type, or elements without end', async () => {
    const doctype = '<!DOCTYPE cs-objects [<!ENTITY a "aaaa">]>';
    expect((await refusalOf(`${doctype}${good.slice(good.indexOf('<cs-objects>'))}`)).message).toContain('DOCTYPE');
    expect((await refusalOf(`<cs-objects>${'<cs-object>'.repeat(200)}`)).message).toContain('deep in each other');
  });

  test('when its bytes are no text, or it is not there', async () => {
    const broken = Buffer.concat([Buffer.from('<cs-objects>'), Buffer.from([0xff, 0xfe, 0xff]), Buffer.from(good)]);
    expect((await refusalOf(broken)).message).toContain('is not encoded in utf-8');
    file = join(folder, 'nowhere.xml');
    await expect(readFile()).rejects.toMatchObject({
      code: 'connect-file-invalid',
      message: expect.stringContaining('nowhere.xml cannot be read'),
    });
    file = join(folder, 'export.xml');
  });
});
