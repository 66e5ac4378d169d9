import { beforeAll, expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import {
  grantReplication,
  makePassword,
  PASSWORD_HASHES,
  setPassword,
  setPasswordInCloud,
  signIn,
} from './office-passwords.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';

const DAYS = 86_400_000;
const [WRONG, MUST_CHANGE, DISABLED, UNKNOWN] = ['AADSTS50126', 'AADSTS50055', 'AADSTS50057', 'AADSTS50034'];

/** A sync cycle and the password cycle that follows it, as `dirbridge serve` runs them. */
async function cycle(tenant: SynchronizedTenant): Promise<{ readonly sent: number }> {
  expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 0 });
  return passwordCycle(tenant);
}

async function passwordCycle(tenant: SynchronizedTenant): Promise<{ readonly sent: number }> {
  const { cycle: record } = await tenant.app('passwords sync').syncPasswords({ full: false, users: [] });
  expect(record).toMatchObject({ outcome: 'done' });
  return record;
}

describeCompany('people', (lab) => {
  beforeAll(() => grantReplication(lab.company));

  /** `features`: of the tenant, besides those that are always on (DirSyncFeatures). */
  const follow = async (ou: string, features = 0, seed: Readonly<Record<string, unknown>> = {}) => {
    const tenant = await lab.follow({
      scope: { include: [ou] },
      config: PASSWORD_HASHES,
      emulator: {
        // An administrator of the tenant may set another password meanwhile.
        assumptions: { refuseResetOfSynchronizedPasswords: false },
        seed: { tenant: { synchronization: { isEnabled: true, features } }, ...seed },
      },
    });
    await tenant.changeTarget({ via: 'provisioning' });
    return tenant;
  };

  it('sign in with their office password after one cycle, and not with an older one', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Office');
    const people = await company.makeUsers(ou, {
      ada: {},
      grace: {},
      günther: { userPrincipalName: 'gunther@contoso.com' },
    });
    const passwords: Record<string, string> = {
      ada: makePassword(),
      grace: `${makePassword()}, mit Leerzeichen`,
      günther: `Grüße 東京 🔑 ${makePassword()}`,
    };
    for (const [name, dn] of Object.entries(people)) await setPassword(company, dn, passwords[name] ?? '');
    const tenant = await follow(ou);
    await cycle(tenant);
    expect(await signIn(tenant, 'ada', passwords['ada'] ?? '')).toBe('ok');
    expect(await signIn(tenant, 'grace', passwords['grace'] ?? '')).toBe('ok');
    expect(await signIn(tenant, 'gunther', passwords['günther'] ?? '')).toBe('ok');
    expect(await signIn(tenant, 'grace', passwords['ada'] ?? '')).toBe(WRONG);

    const [first, last] = [makePassword(), makePassword()];
    await setPassword(company, people['ada'] ?? '', first);
    await setPassword(company, people['ada'] ?? '', last);
    expect(await passwordCycle(tenant)).toMatchObject({ sent: 1 });
    expect(await signIn(tenant, 'ada', last)).toBe('ok');
    expect(await signIn(tenant, 'ada', first)).toBe(WRONG);
    expect(await signIn(tenant, 'ada', passwords['ada'] ?? '')).toBe(WRONG);
    expect(await signIn(tenant, 'grace', passwords['grace'] ?? '')).toBe('ok');
    expect(await passwordCycle(tenant)).toMatchObject({ sent: 0 });
    expect(await tenant.app('passwords status').passwordStatus()).toMatchObject({
      synchronized: 3,
      waiting: 0,
      failing: 0,
    });
  });

  it('have to choose another password where the domain says so, as far as the tenant takes that', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Temporary');
    const [ada, grace] = [await company.makeUser('ada.temporary', ou), await company.makeUser('grace.temporary', ou)];
    const [own, temporary, hers] = [makePassword(), makePassword(), makePassword()];
    await setPassword(company, ada, own);
    await setPassword(company, grace, hers, true);
    const tenant = await follow(ou);
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.temporary', own)).toBe('ok');
    // She is new: nothing else would let her in.
    expect(await signIn(tenant, 'grace.temporary', hers)).toBe(MUST_CHANGE);

    await setPassword(company, ada, temporary, true);
    await passwordCycle(tenant);
    expect(await signIn(tenant, 'ada.temporary', own)).toBe('ok');
    expect(await signIn(tenant, 'ada.temporary', temporary)).toBe(WRONG);
    expect(await tenant.listFindings()).toContain('password-temporary ada.temporary@contoso.com');

    const chosen = makePassword();
    await setPassword(company, ada, chosen);
    await passwordCycle(tenant);
    expect(await signIn(tenant, 'ada.temporary', chosen)).toBe('ok');
    expect(await signIn(tenant, 'ada.temporary', own)).toBe(WRONG);
    expect(await tenant.listFindings()).not.toContain('password-temporary ada.temporary@contoso.com');

    // Whoever comes back is not new: the tenant would take the password and forget that it has to be changed.
    await company.set(ada, { userAccountControl: '546' });
    await cycle(tenant);
    await setPassword(company, ada, temporary, true);
    await company.set(ada, { userAccountControl: '544' });
    expect(await cycle(tenant)).toMatchObject({ sent: 0 });
    expect(await signIn(tenant, 'ada.temporary', temporary)).toBe(WRONG);
    expect(await signIn(tenant, 'ada.temporary', chosen)).toBe('ok');
    expect(await tenant.listFindings()).toContain('password-temporary ada.temporary@contoso.com');
  });

  it('are not asked by the tenant for another password, unless its own policy is to count', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Ageing');
    const [ada, grace] = [await company.makeUser('ada.ageing', ou), await company.makeUser('grace.ageing', ou)];
    const [own, hers, next] = [makePassword(), makePassword(), makePassword()];
    await setPassword(company, ada, own);
    await setPassword(company, grace, hers);
    const tenant = await follow(ou, 0, { domains: [{ id: UPN_SUFFIX, passwordValidityPeriodInDays: 90 }] });
    await cycle(tenant);
    tenant.emulator.advanceClock(100 * DAYS);
    expect(await signIn(tenant, 'ada.ageing', own)).toBe('ok');

    await tenant.configure({ passwords: { method: 'hash', expiration: 'tenant' } });
    // Nothing to send: nothing is switched.
    expect(await passwordCycle(tenant)).toMatchObject({ sent: 0 });
    await setPassword(company, ada, next);
    await passwordCycle(tenant);
    tenant.emulator.advanceClock(100 * DAYS);
    expect(await signIn(tenant, 'ada.ageing', next)).toBe(MUST_CHANGE);
    // It goes for passwords that are sent from then on.
    expect(await signIn(tenant, 'grace.ageing', hers)).toBe('ok');
  });

  it('cannot sign in while they are disabled, and can right after they are enabled again', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Disabled');
    const ada = await company.makeUser('ada.disabled', ou);
    const [before, after] = [makePassword(), makePassword()];
    await setPassword(company, ada, before);
    const tenant = await follow(ou);
    await cycle(tenant);
    await company.set(ada, { userAccountControl: '546' });
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.disabled', before)).toBe(DISABLED);
    await setPassword(company, ada, after);
    await cycle(tenant);
    await company.set(ada, { userAccountControl: '544' });
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.disabled', after)).toBe('ok');
    expect(await signIn(tenant, 'ada.disabled', before)).toBe(WRONG);

    await company.set(ada, { userAccountControl: '546' });
    await cycle(tenant);
    await setPasswordInCloud(tenant, 'ada.disabled');
    await company.set(ada, { userAccountControl: '544' });
    expect(await cycle(tenant)).toMatchObject({ sent: 1 });
    expect(await signIn(tenant, 'ada.disabled', after)).toBe('ok');
  });

  it('who left the scope sign in again when they are back, with what they have in the office now', async () => {
    const { company } = lab;
    const [ou, outside] = [await company.makeOu('Travellers'), await company.makeOu('Elsewhere')];
    let ada = await company.makeUser('ada.travels', ou);
    const [before, after] = [makePassword(), makePassword()];
    await setPassword(company, ada, before);
    const tenant = await follow(ou);
    await cycle(tenant);
    ada = await company.move(ada, { parent: outside });
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.travels', before)).toBe(UNKNOWN);
    await setPassword(company, ada, after);
    await passwordCycle(tenant);
    ada = await company.move(ada, { parent: ou });
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.travels', after)).toBe('ok');

    // Somebody gives the user another password in the cloud meanwhile: what counts is that of the office.
    await setPasswordInCloud(tenant, 'ada.travels');
    expect(await signIn(tenant, 'ada.travels', after)).toBe(WRONG);
    ada = await company.move(ada, { parent: outside });
    await cycle(tenant);
    await company.move(ada, { parent: ou });
    expect(await cycle(tenant)).toMatchObject({ sent: 1 });
    expect(await signIn(tenant, 'ada.travels', after)).toBe('ok');
  });

  it('who were deleted and restored sign in as before, though nobody changed their password', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Restored people');
    const ada = await company.makeUser('ada.restored', ou);
    const own = makePassword();
    await setPassword(company, ada, own);
    const tenant = await follow(ou);
    await cycle(tenant);
    await setPasswordInCloud(tenant, 'ada.restored');
    const deleted = await company.delete(ada);
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.restored', own)).toBe(UNKNOWN);
    await company.restore(deleted);
    expect(await cycle(tenant)).toMatchObject({ sent: 1 });
    expect(await signIn(tenant, 'ada.restored', own)).toBe('ok');
  });

  it('who are renamed sign in with the new name and the same password', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Renamed people');
    const ada = await company.makeUser('ada.renamed', ou);
    const own = makePassword();
    await setPassword(company, ada, own);
    const tenant = await follow(ou);
    await cycle(tenant);
    const renamed = await company.move(ada, { name: 'ada.lovelace' });
    await company.set(renamed, { userPrincipalName: 'ada.lovelace@contoso.com' });
    await cycle(tenant);
    expect(await signIn(tenant, 'ada.lovelace', own)).toBe('ok');
    expect(await signIn(tenant, 'ada.renamed', own)).toBe(UNKNOWN);
  });

  it('who are not in the tenant yet sign in as soon as they are, with what was set before', async () => {
    const { company } = lab;
    const ou = await company.makeOu('New people');
    await company.makeUser('ada.first', ou);
    const tenant = await follow(ou);
    await cycle(tenant);
    const [before, after] = [makePassword(), makePassword()];
    const grace = await company.makeUser('grace.new', ou);
    await setPassword(company, grace, before);
    await passwordCycle(tenant);
    await setPassword(company, grace, after);
    await passwordCycle(tenant);
    expect(await signIn(tenant, 'grace.new', after)).toBe(UNKNOWN);
    await cycle(tenant);
    expect(await signIn(tenant, 'grace.new', after)).toBe('ok');
    expect(await signIn(tenant, 'grace.new', before)).toBe(WRONG);
  });

  it('who have to choose another password are told so by a tenant that takes it', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Forced');
    const ada = await company.makeUser('ada.forced', ou);
    const [own, temporary] = [makePassword(), makePassword()];
    await setPassword(company, ada, own);
    const tenant = await follow(ou, 16_384);
    await cycle(tenant);
    await setPassword(company, ada, temporary, true);
    await passwordCycle(tenant);
    expect(await signIn(tenant, 'ada.forced', temporary)).toBe(MUST_CHANGE);
    expect(await signIn(tenant, 'ada.forced', own)).toBe(WRONG);
  });
});
