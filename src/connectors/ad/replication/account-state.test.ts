import { expect, test } from 'vitest';
import { describeAccount } from './account-state.ts';

test('an account with an expiry after the year 9999 never expires: as a text, its time would come before all others', () => {
  const object = {
    name: { guid: 'aaaaaaaa-0000-0000-0000-000000000000', sid: null, dn: 'CN=ann' },
    attributes: new Map(),
  };
  const state = { userAccountControl: 0x200, pwdLastSet: 1n, accountExpires: 3_155_378_975_999_999_999n };
  expect(describeAccount(object, state, null).expiresAt).toBeNull();
});
