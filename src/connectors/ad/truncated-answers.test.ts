import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeServerCertificate, type ServerCertificate } from '../../../test/lab/server-certificate.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../test/lab/temporary-folder.ts';
import { SILENT_LOG } from '../../log.ts';
import type { Connector, ReadEvent } from '../connector.ts';
import { adSource } from './connector.ts';
import { CONTROL } from './ldap/ldap-controls.ts';
import { type ScriptedAnswer, type ScriptedSearch, ScriptedServer } from './trial/scripted-server.ts';
import { answerAboutItself, dirSyncAnswer, entry, ROOT } from './trial/scripted-windows.ts';

describe('a domain controller that gives a part of the answer and then', () => {
  let folder: string;
  let files: ServerCertificate;
  let certificate: { readonly cert: Buffer; readonly key: Buffer };
  let server: ScriptedServer;
  let connector: Connector;

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-truncated-');
    files = await makeServerCertificate(folder, { dns: ['dc1.corp.example.com'], ip: ['127.0.0.1'] });
    certificate = { cert: await readFile(files.certificate), key: await readFile(files.key) };
  });
  afterEach(async () => {
    await connector.close();
    await server.stop();
  });
  afterAll(() => removeTemporaryFolder(folder));

  /** Answers the search for all objects with two of them and this result. */
  async function serve(result: ScriptedAnswer): Promise<void> {
    const answer = (search: ScriptedSearch): ScriptedAnswer => {
      if (search.controls.has(CONTROL.dirSync)) return { controls: { [CONTROL.dirSync]: dirSyncAnswer(false, 'c') } };
      return { entries: [ROOT, entry(2, 'user', { cn: ['two'] })], ...result };
    };
    server = await ScriptedServer.start(certificate, (search) => answerAboutItself(search) ?? answer(search));
    const section = adSource.section.parse({
      servers: [server.url],
      tls: { ca: files.ca },
      user: 'svc@corp.example.com',
      password: { env: 'PASSWORD' },
    });
    connector = adSource.create(section, {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: () => 'Secret-1',
      resolvePath: (path) => path,
    });
  }

  /** What is read before the error: as long as there is no `end`, the engine takes nothing as deleted. */
  async function readToItsEnd(): Promise<{ readonly kinds: readonly ReadEvent['kind'][]; readonly error: unknown }> {
    const kinds: ReadEvent['kind'][] = [];
    try {
      for await (const event of connector.read({ watermark: null, attributes: ['cn'], references: [] }))
        kinds.push(event.kind);
      return { kinds, error: null };
    } catch (error) {
      return { kinds, error };
    }
  }

  it.each([
    ['says that the size limit is exceeded', 4, /sizeLimitExceeded/],
    ['says that the time limit is exceeded', 3, /timeLimitExceeded/],
    ['says that an administrative limit is exceeded', 11, /LDAP result 11/],
    ['refers to another server for the rest', 10, /LDAP result 10/],
    ['says that something went wrong', 80, /LDAP result 80/],
  ])('%s ends the read with an error and without an end', async (_what, code, words) => {
    await serve({ code, diagnostic: 'truncated' });
    const { kinds, error } = await readToItsEnd();
    expect(error).toMatchObject({ message: expect.stringMatching(words) });
    expect(kinds).not.toContain('end');
  });

  it('says that this was all is believed: whether it can be true is a question for the guards', async () => {
    await serve({});
    const { kinds, error } = await readToItsEnd();
    expect(error).toBeNull();
    expect(kinds.at(-1)).toBe('end');
  });
});
