import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../../test/lab/temporary-folder.ts';
import { PasswordFile } from './password-file.ts';

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const writeSync = (handle: number, bytes: Buffer, at: number): number => {
    if (!disk.isFull) return fs.writeSync(handle, bytes, at);
    if (at > 0) throw new Error('ENOSPC: no space left on device, write');
    return fs.writeSync(handle, bytes, 0, 3);
  };
  return { ...fs, writeSync };
});

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

  it.each([
    ['is not there yet', false],
    ['is to be replaced', true],
  ])('that %s leaves no part of a password behind when the disk is full', (_what, isThere) => {
    if (isThere) writeFileSync(path, 'the old one');
    disk.isFull = true;
    try {
      expect(() => PasswordFile.write(path, password, isThere)).toThrow(/cannot be written: ENOSPC/);
    } finally {
      disk.isFull = false;
    }
    expect(readdirSync(folder)).toEqual(isThere ? ['corp-password'] : []);
    PasswordFile.write(path, password, isThere).keep();
    expect(readFileSync(path, 'ascii')).toBe('Secret-1');
  });

  it('that is a link stays one: what it leads to is replaced', () => {
    const real = join(folder, 'real');
    writeFileSync(real, 'the old one');
    symlinkSync(real, path);
    expect(() => PasswordFile.write(path, password, false)).toThrow(/is there already/);
    PasswordFile.write(path, password, true).keep();
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'ascii')).toBe('Secret-1');
    expect(readdirSync(folder).sort()).toEqual(['corp-password', 'real']);
  });

  it('is not written through a link that leads nowhere', () => {
    const elsewhere = join(folder, 'elsewhere');
    symlinkSync(elsewhere, path);
    expect(() => PasswordFile.write(path, password, false)).toThrow(/is there already/);
    PasswordFile.write(path, password, true).keep();
    expect(existsSync(elsewhere)).toBe(false);
    expect(readFileSync(path, 'ascii')).toBe('Secret-1');
  });

  it.skipIf(process.getuid?.() !== 0)('stays with the account that Dirbridge runs under', () => {
    writeFileSync(path, 'the old one');
    chownSync(path, 12_345, 12_346);
    PasswordFile.write(path, password, true).keep();
    expect(statSync(path)).toMatchObject({ uid: 12_345, gid: 12_346 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('that an attempt left beside it is found', () => {
    writeFileSync(path, 'the old one');
    expect(PasswordFile.findUnfinished(path)).toBeNull();
    const { written } = PasswordFile.write(path, password, true);
    expect(PasswordFile.findUnfinished(path)).toBe(written);
  });
});
