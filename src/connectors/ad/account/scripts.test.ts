import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../../log.ts';
import type { AccountWishes, SourceAccount } from '../../connector.ts';
import { adSection } from '../config.ts';
import { accountOf } from './source-account.ts';

const run = promisify(execFile);
const CHANGES = '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2';
const CHANGES_ALL = '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2';

function account(section: object = {}, wishes: Partial<AccountWishes> = {}): SourceAccount {
  const parsed = adSection.parse({
    servers: ['ldaps://dc1.corp.example.com'],
    user: 'svc-dirbridge@corp.example.com',
    password: { file: './corp-password' },
    ...section,
  });
  const context = {
    name: 'corp',
    log: SILENT_LOG,
    now: () => new Date(),
    readSecret: () => {
      throw new Error('a script needs no secret');
    },
    resolvePath: (path: string) => path,
  };
  return accountOf(parsed, context, { readsPasswords: false, container: null, ...wishes });
}

function namesOf(of: SourceAccount, platform: 'windows' | 'samba'): readonly string[] {
  return of.rights(platform).map(({ name }) => name);
}

describe('the rights of the account', () => {
  const read = 'List Contents and Read Property';

  it('are no more than the configuration needs', () => {
    const all = ['Replicating Directory Changes', 'Replicating Directory Changes All'];
    expect(namesOf(account(), 'windows')).toEqual(all.slice(0, 1));
    expect(namesOf(account(), 'samba')).toEqual([...all.slice(0, 1), read]);
    expect(namesOf(account({}, { readsPasswords: true }), 'windows')).toEqual(all);
    expect(namesOf(account({}, { readsPasswords: true }), 'samba')).toEqual([...all, read]);
    expect(namesOf(account({ delta: 'usn' }), 'windows')).toEqual([read]);
    expect(namesOf(account({ delta: 'usn' }, { readsPasswords: true }), 'windows')).toEqual([...all, read]);
  });

  it('do not let it read passwords where another account of the configuration does', () => {
    const other = { replication: { user: 'svc-hashes@corp.example.com', password: { file: './hashes' } } };
    const apart = account(other, { readsPasswords: true });
    expect(apart.readsPasswords).toBe(false);
    expect(namesOf(apart, 'windows')).toEqual(['Replicating Directory Changes']);
    expect(apart.writeScript('samba').text).not.toContain(CHANGES_ALL);
    const same = { replication: { ...other.replication, user: 'SVC-dirbridge@corp.example.com' } };
    expect(account(same, { readsPasswords: true }).readsPasswords).toBe(true);
  });

  it.each(['windows', 'samba'] as const)('are those in the script for %s, by their GUIDs', (platform) => {
    const least = account().writeScript(platform).text;
    expect(least).toContain(CHANGES);
    expect(least).not.toContain(CHANGES_ALL);
    const most = account({}, { readsPasswords: true }).writeScript(platform).text;
    expect(most).toContain(CHANGES);
    expect(most).toContain(CHANGES_ALL);
  });

  it('take Deleted Objects over on Windows only where changes are not read by DirSync', () => {
    expect(account().writeScript('windows').text).not.toContain('takeownership');
    expect(account({ delta: 'usn' }).writeScript('windows').text).toContain('/takeownership');
  });
});

describe('a name in a script', () => {
  const user = "o'n\u2019eil$(id)`@corp.example.com";

  it('stays a name in PowerShell, also with the quotation marks that it takes for plain ones', () => {
    const { text } = account({ user }).writeScript('windows');
    expect(text).toContain("$name = 'o''n\u2019\u2019eil$(id)`'\n");
    expect(text).toContain("$principal = 'o''n\u2019\u2019eil$(id)`@corp.example.com'\n");
  });

  it('stays a name in a shell', async () => {
    const { text } = account({ user }, { container: "OU=it's $HOME,DC=corp,DC=example,DC=com" }).writeScript('samba');
    const values = text.split('\n').filter((line) => /^(name|principal|container)=/.test(line));
    const { stdout } = await run('sh', [
      '-c',
      `${values.join('\n')}\nprintf '%s|%s|%s' "$name" "$principal" "$container"`,
    ]);
    expect(stdout).toBe(`o'n\u2019eil$(id)\`|${user}|OU=it's $HOME`);
  });
});

describe('a script', () => {
  it('for Samba is one that a shell can read', async () => {
    const { text } = account({ user: 'CORP\\svc' }, { readsPasswords: true }).writeScript('samba');
    await run('sh', ['-n', '-c', text]);
    expect(text).toContain('principal="$name@');
  });

  it('for Windows closes what it opens, outside of texts and comments', () => {
    const { text } = account({ delta: 'usn' }, { readsPasswords: true }).writeScript('windows');
    const code = text
      .replace(/'[^'\n]*'/g, "''")
      .replace(/^\s*#.*$/gm, '')
      .replace(/"[^"\n]*"/g, '""');
    for (const [open, close] of ['{}', '()', '[]'].map((pair) => [...pair]))
      expect([open, code.split(open ?? '').length]).toEqual([open, code.split(close ?? '').length]);
    expect(text).toContain('SupportsShouldProcess');
  });

  it('for Windows sets the sign-in name also of an account that is there, and refuses before it changes one with another', () => {
    const { text } = account({ user: 'svc@alt.example.org' }).writeScript('windows');
    expect(text).toContain("$principal = 'svc@alt.example.org'\n");
    const refused = text.indexOf('if (Test-OtherPrincipal) { throw');
    const changed = text.indexOf('Set-ADUser -Server $server -Identity $account -PasswordNeverExpires');
    const named = text.indexOf('Set-ADUser -Server $server -Identity $account -UserPrincipalName $principal');
    const isOver = text.indexOf('if ($null -eq $account) { return }');
    expect([refused, changed, isOver, named]).toEqual([refused, changed, isOver, named].toSorted((a, b) => a - b));
    expect(refused).toBeGreaterThan(0);
    const { text: usual } = account({ user: 'CORP\\svc' }).writeScript('windows');
    expect(usual).toContain('$usualPrincipal = "$name@$($domain.DNSRoot)"\n$principal = $usualPrincipal\n');
  });

  it('says at its head what it does, and that it may be carried out twice', () => {
    for (const platform of ['windows', 'samba'] as const) {
      const { text } = account({}, { readsPasswords: true }).writeScript(platform);
      const head = text
        .split('\n')
        .filter((line) => line.startsWith('#'))
        .join('\n');
      expect(head).toContain('svc-dirbridge');
      expect(head).toContain('Replicating Directory Changes All');
      expect(head).toContain('twice');
    }
  });
});
