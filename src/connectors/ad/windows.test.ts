import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeServerCertificate, type ServerCertificate } from '../../../test/lab/server-certificate.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../test/lab/temporary-folder.ts';
import { SILENT_LOG } from '../../log.ts';
import { ContractSpace } from '../connector.contract.ts';
import type { CheckLine, Connector, ReadRequest } from '../connector.ts';
import { adSource } from './connector.ts';
import { CONTROL } from './ldap/ldap-controls.ts';
import {
  type ScriptedAnswer,
  type ScriptedEntry,
  type ScriptedSearch,
  ScriptedServer,
} from './trial/scripted-server.ts';
import {
  answerAboutItself,
  BASE,
  cookieOf,
  dirSyncAnswer,
  entry,
  flagsOf,
  guid,
  MOST_VALUES,
  one,
  ROOT,
} from './trial/scripted-windows.ts';

describe('a Windows domain controller', () => {
  let folder: string;
  let files: ServerCertificate;
  let certificate: { readonly cert: Buffer; readonly key: Buffer };
  let server: ScriptedServer;
  let connector: Connector;

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-windows-');
    files = await makeServerCertificate(folder, { dns: ['dc1.corp.example.com'], ip: ['127.0.0.1'] });
    certificate = { cert: await readFile(files.certificate), key: await readFile(files.key) };
  });
  afterEach(async () => {
    await connector.close();
    await server.stop();
  });
  afterAll(() => removeTemporaryFolder(folder));

  async function serve(
    answer: (search: ScriptedSearch) => ScriptedAnswer,
    section: (own: string) => object = () => ({}),
  ): Promise<void> {
    server = await ScriptedServer.start(certificate, (search) => answerAboutItself(search) ?? answer(search));
    const parsed = adSource.section.parse({
      servers: [server.url],
      tls: { ca: files.ca },
      user: 'svc@corp.example.com',
      password: { env: 'PASSWORD' },
      ...section(server.url),
    });
    connector = adSource.create(parsed, {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: () => 'Secret-1',
      resolvePath: (path) => path,
    });
  }

  function requestFrom(watermark: string | null): ReadRequest {
    return { watermark, attributes: ['cn', 'description', 'member'], references: ['member'] };
  }

  /** DirSync that gives one batch for each cookie, the next cookie being the next letter. */
  function dirSyncBatches(search: ScriptedSearch, batches: readonly (readonly ScriptedEntry[])[]): ScriptedAnswer {
    if (search.filter.startsWith('(!')) return { controls: { [CONTROL.dirSync]: dirSyncAnswer(false, '0') } };
    const at = Number(cookieOf(search));
    const controls = { [CONTROL.dirSync]: dirSyncAnswer(at + 1 < batches.length, String(at + 1)) };
    return { entries: batches[at] ?? [], controls };
  }

  it('is asked on as long as DirSync has more, with the cookie of each answer', async () => {
    const batches = [
      [entry(2, 'user', { name: ['o2'], whenCreated: ['x'] })],
      [{ ...entry(2, 'user', { description: ['later'] }) }],
      [
        entry(3, 'group', {
          name: ['o3'],
          whenCreated: ['x'],
          // The second is an object of another domain of the forest: its GUID is all we need of it.
          'member;range=1-1': [
            `<GUID=${guid(2)}>;CN=o2,${BASE}`,
            `<GUID=${guid(9)}>;<SID=010500>;CN=o9,DC=sub,${BASE}`,
          ],
        }),
      ],
    ];
    await serve((search) =>
      search.controls.has(CONTROL.dirSync) ? dirSyncBatches(search, batches) : { entries: [ROOT] },
    );
    const space = new ContractSpace();
    const { watermark } = await space.read(connector, requestFrom(null));
    expect([...space.objects.keys()].sort()).toEqual([guid(1), guid(2), guid(3)]);
    expect(space.objects.get(guid(2))?.attributes).toEqual({ cn: 'o2', description: ['later'] });
    expect([...(space.objects.get(guid(3))?.references['member'] ?? [])]).toEqual([guid(2), guid(9)]);
    expect(JSON.parse(watermark).cookie).toBe(Buffer.from('3').toString('base64'));
    const asked = server.searches.filter((search) => search.controls.has(CONTROL.dirSync)).map(cookieOf);
    expect(asked).toEqual(['', '0', '1', '2']);
  });

  describe('that cuts long lists', () => {
    const members = Array.from({ length: 3100 }, (_, index) => guid(100 + index));
    const descriptions = Array.from({ length: 2000 }, (_, index) => `line ${index}`);
    let present = members;
    let usn = 1;

    function rangeOf(name: string, values: readonly string[], low: number): ScriptedEntry['attributes'] {
      const part = values.slice(low, low + MOST_VALUES);
      const high = low + part.length >= values.length ? '*' : String(low + part.length - 1);
      // Windows sends the attribute also without the option, and without values.
      return { [name]: [], [`${name};range=${low}-${high}`]: part };
    }

    function answer(search: ScriptedSearch, afterFirstPart: () => void): ScriptedAnswer {
      if (search.controls.has(CONTROL.dirSync)) return dirSyncBatches(search, [[]]);
      const dns = () => present.map((one) => `<GUID=${one}>;CN=x,${BASE}`);
      if (search.base === BASE) {
        const group = entry(2, 'group', {
          ...rangeOf('member', dns(), 0),
          ...rangeOf('description', descriptions, 0),
        });
        return { entries: [ROOT, group] };
      }
      const [range = ''] = search.attributes;
      const low = Number(/range=(\d+)-/i.exec(range)?.[1]);
      const isMember = range.startsWith('member');
      const values = isMember ? rangeOf('member', dns(), low) : rangeOf('description', descriptions, low);
      const uSNChanged = String(usn);
      if (isMember && low === 0) afterFirstPart();
      return one(`CN=o2,${BASE}`, { ...values, uSNChanged: [uSNChanged] });
    }

    it('is asked for the rest, of references and of other values', async () => {
      present = members;
      await serve((search) => answer(search, () => undefined));
      const space = new ContractSpace();
      const { changes } = await space.read(connector, requestFrom(null));
      expect([...(space.objects.get(guid(2))?.references['member'] ?? [])].sort()).toEqual(members);
      expect(space.objects.get(guid(2))?.attributes['description']).toEqual(descriptions);
      expect(changes.filter((change) => change.anchor === guid(2))).toHaveLength(4);
    });

    it('is asked again when the list moved meanwhile, so that no member is missed', async () => {
      present = members;
      usn = 1;
      await serve((search) =>
        answer(search, () => {
          if (usn > 1) return;
          // The first member goes: whoever stood at 1,500 stands at 1,499 now, in a part that was read already.
          present = members.slice(1);
          usn = 2;
        }),
      );
      const space = new ContractSpace();
      await space.read(connector, requestFrom(null));
      const held = new Set(space.objects.get(guid(2))?.references['member']);
      expect(members.slice(1).filter((member) => !held.has(member))).toEqual([]);
    });
  });

  it.each([
    [12, 'unavailableCriticalExtension'],
    [53, 'unwillingToPerform'],
  ])('that refuses DirSync with %i is followed by uSNChanged, and a demand for DirSync fails', async (code, name) => {
    const answer = (search: ScriptedSearch): ScriptedAnswer =>
      search.controls.has(CONTROL.dirSync) ? { code, diagnostic: '0000209A' } : { entries: [ROOT] };
    await serve(answer);
    const { begin, watermark } = await new ContractSpace().read(connector, requestFrom(null));
    expect(begin.method).toBe('paged search, then uSNChanged');
    expect(begin.reason).toContain(name);
    expect(JSON.parse(watermark)).toMatchObject({ method: 'usn', usn: '1000', invocationId: guid(999) });
    await connector.close();
    await server.stop();
    await serve(answer, () => ({ delta: 'dirsync' }));
    await expect(new ContractSpace().read(connector, requestFrom(null))).rejects.toMatchObject({
      code: 'directory-refused',
      message: expect.stringContaining(name),
    });
  });

  it('of another domain is not taken for the next server', async () => {
    const other = await ScriptedServer.start(certificate, (search) =>
      search.base === '' ? one('', { defaultNamingContext: ['DC=other,DC=example'] }) : {},
    );
    const answer = (search: ScriptedSearch): ScriptedAnswer =>
      search.controls.has(CONTROL.dirSync) ? dirSyncBatches(search, [[]]) : { entries: [ROOT] };
    await serve(answer, (own) => ({ servers: [own, other.url] }));
    const lines: CheckLine[] = [];
    for await (const line of connector.check()) lines.push(line);
    expect(lines).toContainEqual(
      expect.objectContaining({
        what: other.url,
        state: 'error',
        detail: expect.stringContaining('DC=other,DC=example'),
      }),
    );
    const { watermark } = await new ContractSpace().read(connector, requestFrom(null));
    await server.stop();
    await expect(new ContractSpace().read(connector, requestFrom(watermark))).rejects.toMatchObject({
      code: 'directory-refused',
      message: expect.stringContaining('DC=other,DC=example'),
    });
    await other.stop();
  });

  it('that gives no replication right is asked with object security', async () => {
    await serve((search) => {
      if (!search.controls.has(CONTROL.dirSync)) return { entries: [ROOT] };
      if ((flagsOf(search) & 1) === 0) return { code: 50, diagnostic: '00002105: LdapErr: DSID-0C0B0A1C' };
      return dirSyncBatches(search, [[]]);
    });
    const { begin } = await new ContractSpace().read(connector, requestFrom(null));
    expect(begin.method).toBe('paged search, then DirSync (object security)');
    expect(begin.reason).toContain('Replicating Directory Changes');
  });

  it('is not changed by making the account over LDAP, which was tried with Samba only', async () => {
    await serve(() => ({ entries: [ROOT] }));
    const settings = adSource.section.parse({
      servers: [server.url],
      tls: { ca: files.ca },
      user: 'svc@corp.example.com',
      password: { file: join(folder, 'never-written') },
    });
    const context = {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: () => 'Secret-1',
      resolvePath: (path: string) => path,
    };
    const account = adSource.account?.(settings, context, { readsPasswords: false, container: null });
    const admin = { user: 'admin@corp.example.com', readPassword: () => 'Secret-1' };
    const order = { admin, useExisting: false, overwrite: false, passwordLength: 40 };
    const create = async (): Promise<void> => {
      for await (const line of account?.create(order) ?? []) throw new Error(`was done: ${line.detail}`);
    };
    await expect(create()).rejects.toMatchObject({
      code: 'account-unsuitable',
      remedy: expect.stringContaining('--for windows'),
    });
    expect(existsSync(join(folder, 'never-written'))).toBe(false);
  });
});
