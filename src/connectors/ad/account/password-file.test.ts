import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../../test/lab/temporary-folder.ts';
import { PasswordFile } from './password-file.ts';

describe('the secret file of a source', () => {
  let folder: string;
  let path: string;
  const password = Buffer.from('Secret-1', 'ascii');

  beforeEach(async () => {
    folder = await makeTemporaryFolder('dirbridge-password-');
    path = join(folder, 'corp-password');
  });
  afterEach(() => removeTemporaryFolder(folder));

  it('is readable by its owner alone, whatever the umask, and holds the password and nothing else', () => {
    const umask = process.umask(0o277);
    try {
      PasswordFile.write(path, password, false).keep();
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'ascii')).toBe('Secret-1');
  });

  it('is never written over unasked', () => {
    writeFileSync(path, 'the old one');
    expect(() => PasswordFile.write(path, password, false)).toThrow(/is there already/);
    expect(readFileSync(path, 'utf8')).toBe('the old one');
  });

  it('keeps the old password until the directory has the new one, also when asked to write over it', () => {
    writeFileSync(path, 'the old one', { mode: 0o644 });
    const refused = PasswordFile.write(path, password, true);
    expect(readFileSync(path, 'utf8')).toBe('the old one');
    refused.discard();
    expect(readdirSync(folder)).toEqual(['corp-password']);
    PasswordFile.write(path, password, true).keep();
    expect(readFileSync(path, 'ascii')).toBe('Secret-1');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['corp-password']);
  });

  it('that cannot be written stops everything before the directory is asked', () => {
    mkdirSync(join(folder, 'a-folder'));
    expect(() => PasswordFile.write(join(folder, 'none', 'file'), password, false)).toThrow(/cannot be written/);
    expect(() => PasswordFile.write(join(folder, 'a-folder'), password, false)).toThrow(/is there already/);
  });
});
