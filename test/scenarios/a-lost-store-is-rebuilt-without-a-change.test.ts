import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatePopulation } from '../lab/population.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

async function loseStore(tenant: SynchronizedTenant): Promise<void> {
  for (const name of ['dirbridge.db', 'dirbridge.db-wal', 'dirbridge.db-shm', 'dirbridge.db.lock'])
    await rm(join(tenant.folder, name), { force: true });
}

describeCompany(
  'a lost store',
  (lab) => {
    it('is rebuilt: everything in the tenant is known again by its anchor, and nothing is written', async () => {
      const { company } = lab;
      const tenant = await lab.followInStep(`OU=Accounts,${company.domain.baseDn}`);
      const before = await tenant.dump();
      await loseStore(tenant);
      await expectStep(tenant, []);
      expect(await tenant.dump()).toEqual(before);
      expect((await tenant.app('status').status()).managed).toMatchObject({ user: 40, group: 10 });
    });

    it('does not forget who is in the recycle bin of the tenant: whoever returns is restored', async () => {
      const { company } = lab;
      const [ou, outside] = [await company.makeOu('In'), await company.makeOu('Out')];
      const { ada = '' } = await company.makeUsers(ou, { ada: {}, grace: {} });
      const tenant = await lab.followInStep(ou);
      const { id } = nameTenant(await tenant.dump()).users[upn('ada')] ?? {};
      const away = await company.move(ada, { parent: outside });
      await tenant.sync();
      await loseStore(tenant);
      await expectStep(tenant, []);
      await company.move(away, { parent: ou });
      await expectStep(tenant, [{ action: 'restore', type: 'user', name: upn('ada') }]);
      expect(nameTenant(await tenant.dump()).users[upn('ada')]?.id).toBe(id);

      await company.move(ada, { parent: outside });
      await tenant.sync();
      // After thirty days the tenant throws it away.
      tenant.emulator.advanceClock(31 * 86_400_000);
      await company.move(away, { parent: ou });
      expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual([`create ${upn('ada')}`]);
      await tenant.apply();
      expect(await tenant.plan()).toEqual([]);
      expect(nameTenant(await tenant.dump()).users[upn('ada')]?.id).not.toBe(id);
    });
  },
  (baseDn) => generatePopulation({ users: 40, groups: 10, contacts: 0, seed: 8, baseDn, upnSuffix: UPN_SUFFIX }),
);
