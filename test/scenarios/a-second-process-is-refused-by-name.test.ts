import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';
import { whileSyncing } from './while-syncing.ts';

describeCompany('one store', (lab) => {
  it('is for one process: a second is refused with the name of the first, and readers are let in', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Locked');
    await company.makeUsers(ou, { ada: {}, grace: {} });
    const tenant = await lab.followInStep(ou);
    await company.makeUser('kurt', ou);
    await tenant.fault({ match: 'POST /v1.0/$batch', times: 1000, fault: 'slow', delay: '8s' });
    await whileSyncing(tenant.configFile, async (pid) => {
      const store = /dirbridge\.db/;
      await expect(tenant.sync()).rejects.toThrow(store);
      await expect(tenant.sync()).rejects.toThrow(`"dirbridge sync" (process ${pid} on`);
      expect((await tenant.app('status').status()).managed).toMatchObject({ user: 2 });
    });
    await tenant.fault();
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toHaveLength(3);
  });

  it('in staging mode plans and writes nothing', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Staged');
    const ada = await company.makeUser('ada.staged', ou);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.dump();
    await company.set(ada, { title: 'Analyst' });
    expect(await tenant.sync({ staging: true })).toMatchObject({ outcome: 'done', done: {}, plan: { operations: 1 } });
    expect(await tenant.dump()).toEqual(before);

    await tenant.configure({ staging: true });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: {}, plan: { operations: 1 } });
    await expect(tenant.app('apply').apply(undefined, true)).rejects.toThrow(/staging: true/);
    expect(await tenant.dump()).toEqual(before);
    expect((await tenant.control('stats')) as object).not.toHaveProperty('directoryWrites', 0);

    await tenant.configure({ staging: false });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: { update: 1 } });
    expect(nameTenant(await tenant.dump()).users[`ada.staged@${UPN_SUFFIX}`]).toMatchObject({ jobTitle: 'Analyst' });
  });
});
