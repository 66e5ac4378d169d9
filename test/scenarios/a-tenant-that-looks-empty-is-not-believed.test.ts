import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { element, nilElement } from '../../src/connectors/entra/provisioning/nbfx/xml-building.ts';
import { result, type ScriptedAnswer } from '../../src/connectors/entra/provisioning/trial/scripted-service.ts';
import type { CycleResult } from '../../src/engine/run.ts';
import { ServiceInBetween } from '../lab/service-in-between.ts';
import { ldifCompany, ldifGroup, ldifUser } from './ldif-company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const READ = 'ReadBackAzureADSyncObjects2';
const EVERYBODY = [ldifUser('ann'), ldifUser('bob'), ldifGroup('staff', ['ann', 'bob'])];

let tenant: SynchronizedTenant;
let service: ServiceInBetween;
beforeEach(async () => {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const options = { emulator: { synchronization: true } };
  tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': ldifCompany(...EVERYBODY) });
  service = await ServiceInBetween.start(tenant.emulator.url);
  await tenant.changeTarget({ via: 'provisioning', provisioning: { url: service.url } });
  await tenant.sync();
});
afterEach(async () => {
  await service.close();
  await tenant.stop();
});

function emptyPage(): ScriptedAnswer {
  return result(READ, [
    element('MoreData', 'false'),
    element('OutputCookie', Buffer.from('end')),
    nilElement('ResultObjects'),
  ]);
}

/** A full sync when no replica of the tenant can lag behind any more. */
function syncLater(): Promise<CycleResult> {
  const later = (): Date => new Date(Date.now() + 3_600_000);
  return tenant.app('sync', later).sync({ full: true, staging: false, approve: false });
}

describe('a full read of the tenant that succeeds and shows nobody', () => {
  it('ends the run: nobody is made again, and who leaves meanwhile is deleted when the tenant is seen again', async () => {
    const before = await tenant.dump();
    service.instead = (action) => (action === READ ? emptyPage() : null);
    await writeFile(join(tenant.folder, 'corp.ldif'), ldifCompany(...EVERYBODY.slice(1)));
    await expect(syncLater()).rejects.toMatchObject({ code: 'tenant-empty' });
    await expect(syncLater()).rejects.toThrow('holds no object at all; 3 are managed');
    expect(await tenant.dump()).toEqual(before);

    service.instead = () => null;
    const result = await syncLater();
    expect(result.done).toEqual({ delete: 1 });
    const live = (await tenant.dump()).users.filter((one) => one['deletedDateTime'] === undefined);
    expect(live.map((one) => one['displayName'])).toEqual(['bob']);
  });
});
