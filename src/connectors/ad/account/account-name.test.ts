import { describe, expect, it } from 'vitest';
import { DirbridgeError } from '../../../errors.ts';
import { readAccountName } from './account-name.ts';

describe('the account of a source', () => {
  it.each([
    ['svc-dirbridge@corp.example.com', 'svc-dirbridge', 'svc-dirbridge@corp.example.com', null],
    ['CORP\\svc-dirbridge', 'svc-dirbridge', null, null],
    ['CN=svc (sync),OU=Service,DC=corp,DC=example,DC=com', 'svc (sync)', null, 'OU=Service,DC=corp,DC=example,DC=com'],
    ["o'neil-svc@corp.example.com", "o'neil-svc", "o'neil-svc@corp.example.com", null],
  ])('is named by %s', (user, samAccountName, userPrincipalName, container) => {
    expect(readAccountName(user, null)).toEqual({ samAccountName, userPrincipalName, container });
  });

  it.each([
    ['svc-dirbridge-of-the-whole-company@corp.example.com', /at most 20 characters/],
    ['svc-dirbridge', /neither a user principal name nor/],
    ['OU=Service,DC=corp,DC=example,DC=com', /not the DN of a user/],
    ['CN=svc\\, sync', /not the DN of a user/],
    ['CORP\\svc*', /does not take "svc\*"/],
    ['svc\nrm -rf@corp.example.com', /does not take/],
    ['svc@corp.example.com\nrm', /neither a user principal name nor/],
    ['CORP\\...', /does not take/],
  ])('is not created as %s', (user, message) => {
    expect(() => readAccountName(user, null)).toThrow(message);
    expect(codeOf(() => readAccountName(user, null))).toBe('account-unsuitable');
  });

  it('goes into the container that is given, which has to be a DN and the one of the configuration', () => {
    const ou = 'OU=Service,DC=corp,DC=example,DC=com';
    expect(readAccountName('svc@corp.example.com', ou).container).toBe(ou);
    expect(readAccountName(`CN=svc,${ou}`, ou.toLowerCase()).container).toBe(ou);
    expect(() => readAccountName(`CN=svc,${ou}`, 'CN=Users,DC=corp,DC=example,DC=com')).toThrow(
      /is not in the container/,
    );
    for (const wrong of ['Service', '', 'OU=Service\n,DC=corp', 'OU=,DC=corp'])
      expect(codeOf(() => readAccountName('svc@corp.example.com', wrong))).toBe('account-container');
  });
});

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DirbridgeError) return error.code;
    throw error;
  }
  return 'none';
}
