import { anchorOf, guid, user } from '../../memory/memory-lab.ts';
import { DAY, FindingWorld, MINUTE } from '../finding-world.ts';
import { type Provocation, person } from '../provocation.ts';

export const leavesLater: Provocation = {
  told: [
    {
      object: 'user "ann@contoso.com" in the tenant',
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'ann@contoso.com has left (CN=ann,OU=People,DC=corp,DC=example,DC=com: it was deleted there). It is switched off in the tenant and is deleted there on 2030-01-31.',
      remedy: 'Nothing needs to be done. Who returns within that time stays, and is switched on again.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin({ lab: { deletions: { disableFirst: true, after: 30 * DAY } } });
    for (const name of ['ann', 'bob']) world.source.put(user(name));
    await world.run();
    world.source.remove(guid('ann'));
    await world.run();
    return { world, follow: () => world.pass(30 * DAY) };
  },
};

export const targetCannotCarryObject: Provocation = {
  told: [
    {
      object: 'contact "partner" in corp: CN=partner,OU=People,DC=corp,DC=example,DC=com',
      otherObject: null,
      attribute: null,
      value: null,
      cause: 'Microsoft Graph lets no application create a contact, so partner is not synchronized.',
      remedy:
        'Nothing through Microsoft Graph; most of what Graph cannot carry goes by way of the provisioning service (experimental: docs/guide/provisioning-service.md). To be told no more, take the object out of the scope.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    const { attributes, ...entry } = user('partner', { mail: 'partner@elsewhere.com' });
    const { userPrincipalName, userAccountControl, sAMAccountName, ...rest } = attributes ?? {};
    world.source.put(user('ann'));
    world.source.put({ ...entry, type: 'contact', attributes: rest });
    await world.run();
    return { world, follow: () => world.source.remove(guid('partner')) };
  },
};

export const targetCannotCarryAttribute: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'pager',
      value: '555',
      cause:
        'Microsoft Graph lets no application write pager of a user, so it is not synchronized. Told once for all objects; ann@contoso.com is an example.',
      remedy:
        'Nothing through Microsoft Graph; most of what Graph cannot carry goes by way of the provisioning service (experimental: docs/guide/provisioning-service.md). It is told no more when no object has the attribute at a run of everything: dirbridge sync --full.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann', { pager: '555' }));
    await world.run();
    return { world, follow: null };
  },
};

export const targetRefused: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'The tenant refused to create ann@contoso.com: The directory object quota limit for the tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota. (Directory_QuotaExceeded)',
      remedy:
        'Make room in the tenant (delete for good what is not needed; deleted objects count until then), or have its limit raised. Every run tries again.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin({ emulator: { objectQuota: 2 } });
    await world.seedUser('one');
    await world.seedUser('two');
    world.source.put(user('ann'));
    await world.run();
    return {
      world,
      follow: async () => {
        await world.delete('one');
        await world.delete('two');
      },
    };
  },
};

export const waitsForFailed: Provocation = {
  told: [
    {
      object: person('bob', 'ann@contoso.com'),
      otherObject: person('ann', 'ann.doe@contoso.com'),
      attribute: 'userPrincipalName',
      value: 'ann@contoso.com',
      cause:
        'It is to have userPrincipalName "ann@contoso.com", which the other object was to give up in the same run; but that could not be changed. So nothing of this one was written either.',
      remedy:
        'Put the other object (ann.doe@contoso.com) right first: it has a finding of its own. Every run tries both again.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    await world.seedUser('ann', { onPremisesImmutableId: anchorOf('ann'), onPremisesSyncEnabled: true });
    world.source.put(user('ann'));
    world.source.put(user('bob'));
    await world.run();
    world.edit('ann', { userPrincipalName: 'ann.doe@contoso.com' });
    world.edit('bob', { userPrincipalName: 'ann@contoso.com' });
    await world.run();
    return { world, follow: () => world.switchOffSynchronization('ann') };
  },
};

export const restoreRefused: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'userPrincipalName',
      value: 'ann@contoso.com',
      cause:
        'The tenant refused to restore ann@contoso.com: Another object with the same value for property userPrincipalName already exists.',
      remedy:
        'The answer of the tenant tells why. A name or address that somebody has by now is left out by the next run; for anything else, put right what the answer names, or delete the user in the recycle bin of the tenant for good: then the next run creates a new one, with another mailbox.',
    },
  ],
  /** The next plan knows who has the name, and gives another one. */
  isLasting: false,
  provoke: async () => {
    const world = await FindingWorld.begin();
    for (const name of ['ann', 'bob']) world.source.put(user(name));
    await world.run();
    world.source.remove(guid('ann'));
    await world.run();
    world.source.put(user('ann'));
    await world.applyLate(() => world.createUser('ann'));
    return { world, follow: () => world.delete('ann') };
  },
};

const SKU = '30000000-0000-4000-8000-000000000001';

/** What an administrator of the tenant assigns and takes away. */
async function license(world: FindingWorld, name: string, isAssigned: boolean): Promise<void> {
  const id = String((await world.find(name))?.['id']);
  const addLicenses = isAssigned ? [{ skuId: SKU, disabledPlans: [] }] : [];
  await world.tenant.graph('POST', `/users/${id}/assignLicense`, {
    addLicenses,
    removeLicenses: isAssigned ? [] : [SKU],
  });
}

export const licenceNotReturned: Provocation = {
  told: [
    {
      object: 'user "ann@contoso.com" in the tenant',
      otherObject: null,
      attribute: 'licence',
      value: `MAIL (${SKU})`,
      cause: `ann@contoso.com was restored without the licence MAIL, which was assigned directly before the deletion: no seat of MAIL is left. The tenant: Subscription with SKU ${SKU} does not have any available licenses.`,
      remedy:
        'Free a seat of MAIL or buy one. Each run tries again until 2030-01-31; if it is assigned by hand, the finding goes.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    await world.seed({ licences: [{ skuId: SKU, skuPartNumber: 'MAIL', enabled: 1 }] });
    for (const name of ['ann', 'bob']) world.source.put(user(name, { msExchUsageLocation: 'DE' }));
    await world.run();
    await license(world, 'ann', true);
    world.source.remove(guid('ann'));
    await world.run();
    await license(world, 'bob', true);
    world.source.put(user('ann', { msExchUsageLocation: 'DE' }));
    await world.run();
    return { world, follow: () => license(world, 'bob', false) };
  },
};

/** A member who was made a moment ago and whom the replicas of the tenant do not show for a quarter of an hour. */
export const notReplicatedYet: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        "The tenant does not show ann@contoso.com everywhere yet (made, restored or deleted within the last quarter of an hour), so this change waits. The tenant: Resource 'c4591165-b40f-45c4-91a1-8049274b1c33' does not exist or one of its queried reference-property objects are not present.",
      remedy:
        'Nothing needs to be done: the next run tries again. What the tenant does not show after a quarter of an hour is told as an error.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin({ emulator: { lag: 14 * MINUTE } });
    world.source.put(user('ann'));
    await world.run();
    world.edit('ann', { title: 'Analyst' });
    world.pass(MINUTE);
    await world.lab.sync();
    return { world, follow: () => undefined };
  },
  isLasting: false,
};
