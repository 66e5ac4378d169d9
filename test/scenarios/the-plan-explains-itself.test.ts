import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const ADA = `ada@${UPN_SUFFIX}`;

describeCompany('explain', (lab) => {
  it('names for each value of a user its object, attributes and rules', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Explained');
    const boss = await company.makeUser('boss', ou);
    const ada = await company.makeUser('ada', ou, {
      displayName: 'Ada Lovelace',
      department: 'Mathematics',
      telephoneNumber: '+44 20 1',
      l: 'London',
      mail: ADA,
      manager: boss,
    });
    const tenant = await lab.followInStep(ou);
    const user = nameTenant(await tenant.dump()).users[ADA] ?? { id: '' };
    const anchor = await company.anchorOf(ada);
    const guid = await company.guidOf(ada);

    for (const name of [ADA, ADA.toUpperCase(), ada, guid, 'Ada Lovelace', anchor]) {
      const found = await tenant.app('explain').explain(name);
      expect(found.map((one) => one.anchor)).toEqual([anchor]);
    }
    const [explanation] = await tenant.app('explain').explain(ADA);
    if (explanation === undefined) throw new Error('nothing was explained');
    expect(explanation.tenant).toMatchObject({ id: user.id, type: 'user' });
    expect(explanation.objects).toMatchObject([{ source: 'corp', type: 'user', dn: ada, outOfScope: null }]);
    expect(explanation.verdict).toMatch(/^Synchronized/);

    const written = [
      'displayName',
      'department',
      'businessPhones',
      'city',
      'mail',
      'userPrincipalName',
      'accountEnabled',
    ];
    const sources: Readonly<Record<string, string>> = {
      displayName: 'displayName',
      department: 'department',
      businessPhones: 'telephoneNumber',
      city: 'l',
      mail: 'mail',
      userPrincipalName: 'userPrincipalName',
      accountEnabled: 'userAccountControl',
      onPremisesImmutableId: 'objectGUID',
    };
    for (const native of [...written, 'onPremisesImmutableId']) {
      const value = explanation.values.find((one) => one.attribute === native);
      const held = native === 'businessPhones' ? (user[native] as readonly string[])[0] : user[native];
      expect(value).toMatchObject({ value: held, inTenant: held });
      expect(value?.outbound?.rule).toMatch(/^Out to AAD - User /);
      expect(value?.inbound?.rule).toMatch(/^In from AD - User /);
      expect(value?.from).toMatchObject({ source: 'corp', object: ada });
      if (native !== 'accountEnabled') expect(Object.keys(value?.from?.attributes ?? {})).toContain(sources[native]);
      expect(value?.lastWritten?.run).toBeDefined();
    }
    const manager = explanation.values.find((one) => one.attribute === 'manager');
    expect(manager).toMatchObject({
      value: `boss@${UPN_SUFFIX}`,
      from: { object: ada, attributes: { manager: [boss] } },
      inbound: { metaverseAttribute: 'manager' },
    });
    expect(explanation.history.map((one) => one.action)).toContain('create');
  });

  it('says of an object that is not in the tenant why it is not', async () => {
    const { company } = lab;
    const [ou, outside] = [await company.makeOu('Seen'), await company.makeOu('Unseen')];
    const hidden = await company.makeUser('hidden', outside);
    const tenant = await lab.followInStep(ou);
    const [explanation] = await tenant.app('explain').explain(hidden);
    expect(explanation?.verdict).toMatch(/it lies below none of the containers of scope.include/);
    expect(explanation?.tenant).toBeNull();
    await expect(tenant.app('explain').explain('nobody@nowhere.example')).rejects.toThrow(/nothing is known/);
  });

  it('shows in the plan what each operation comes from', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Causes');
    const kurt = await company.makeUser('kurt', ou);
    const tenant = await lab.followInStep(ou);
    await company.set(kurt, { title: 'Logician' });
    await tenant.plan();
    const [operation] = await tenant.app('plan').readPlan(undefined, (_head, pages) => pages.operations(0, 10));
    expect(operation?.cause).toMatchObject({ source: 'corp', object: kurt });
    expect(operation?.cause.rules).toContain('Out to AAD - User ExchangeOnline');
  });
});
