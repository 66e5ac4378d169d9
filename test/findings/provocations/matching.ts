import { user } from '../../memory/memory-lab.ts';
import { FindingWorld, type WorldOptions } from '../finding-world.ts';
import { type Provocation, person } from '../provocation.ts';

const MAIL = { mail: 'ann.doe@contoso.com' };
const ADDRESS = { ...MAIL, proxyAddresses: ['SMTP:ann.doe@contoso.com'] };

/** The tenant holds a user whose primary address is that of our Ann. */
async function withDouble(properties: object = {}, options: WorldOptions = {}): Promise<FindingWorld> {
  const world = await FindingWorld.begin(options);
  await world.seedUser('cloud', { ...ADDRESS, ...properties });
  world.source.put(user('ann', MAIL));
  return world;
}

export const matchAmbiguous: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: person('anna'),
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'cloud@contoso.com in the tenant has the same mail address as ann@contoso.com, and anna@contoso.com has it too. It cannot be told whose it is, so neither is linked to it or created.',
      remedy:
        'Give one of the two another mail address, or link the right one by hand: dirbridge link "CN=ann,OU=People,DC=corp,DC=example,DC=com" "cloud@contoso.com"',
    },
    {
      object: person('anna'),
      otherObject: person('ann'),
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'cloud@contoso.com in the tenant has the same mail address as anna@contoso.com, and ann@contoso.com has it too. It cannot be told whose it is, so neither is linked to it or created.',
      remedy:
        'Give one of the two another mail address, or link the right one by hand: dirbridge link "CN=anna,OU=People,DC=corp,DC=example,DC=com" "cloud@contoso.com"',
    },
  ],
  provoke: async () => {
    const world = await withDouble();
    world.source.put(user('anna', MAIL));
    await world.run();
    return { world, follow: () => world.edit('anna', { mail: 'anna@contoso.com' }) };
  },
};

export const matchOtherAnchor: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: 'user "cloud@contoso.com" in the tenant',
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'cloud@contoso.com in the tenant has the same mail address as ann@contoso.com, but carries the source anchor c29tZWJvZHkgZWxzZQ== of another object. So ann@contoso.com is neither linked to it nor created beside it.',
      remedy:
        'If another object of the directory stands for it, bring that into the scope. If it is ann@contoso.com, clear onPremisesImmutableId of cloud@contoso.com in the tenant. If they are two persons, give one of them another mail address.',
    },
  ],
  provoke: async () => {
    const world = await withDouble({ onPremisesImmutableId: 'c29tZWJvZHkgZWxzZQ==' });
    await world.run();
    return { world, follow: () => world.patch('cloud', { onPremisesImmutableId: null }) };
  },
};

export const matchPrivileged: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: 'user "cloud@contoso.com" in the tenant',
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'cloud@contoso.com in the tenant has the same mail address as ann@contoso.com and holds an administrator role. Such an account is never taken over unasked. So ann@contoso.com is neither linked to it nor created beside it.',
      remedy:
        'If both are the same person, link them by hand: dirbridge link "CN=ann,OU=People,DC=corp,DC=example,DC=com" "cloud@contoso.com" - else give one of them another mail address, or take the role from cloud@contoso.com.',
    },
  ],
  provoke: async () => {
    const world = await withDouble(
      { adminRoles: ['Global Administrator'] },
      { emulator: { directoryRoles: ['Global Administrator'] } },
    );
    await world.run();
    return { world, follow: () => world.link('ann@contoso.com', 'cloud@contoso.com') };
  },
};

export const matchSynchronized: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: 'user "cloud@contoso.com" in the tenant',
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'cloud@contoso.com in the tenant has the same mail address as ann@contoso.com and is still written by directory synchronization (Entra Connect), so Graph refuses changes to it. So ann@contoso.com is neither linked to it nor created beside it.',
      remedy:
        'Stop Entra Connect and switch directory synchronization off for the tenant. The next run then goes on by itself.',
    },
  ],
  provoke: async () => {
    const world = await withDouble({ onPremisesSyncEnabled: true });
    await world.run();
    return { world, follow: () => world.switchOffSynchronization('cloud') };
  },
};

export const matchForbidden: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: 'user "cloud@contoso.com" in the tenant',
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'cloud@contoso.com in the tenant has the same mail address as ann@contoso.com, but the configuration forbids to take it over (matching.soft: false). So ann@contoso.com is neither linked to it nor created beside it.',
      remedy:
        'Set matching.soft: true in dirbridge.yaml, or give one of the two another mail address, or link the two by hand: dirbridge link "CN=ann,OU=People,DC=corp,DC=example,DC=com" "cloud@contoso.com"',
    },
  ],
  provoke: async () => {
    const world = await withDouble();
    world.configure({ matching: { soft: false, hard: true } });
    await world.run();
    return { world, follow: () => world.configure({ matching: { soft: true, hard: true } }) };
  },
};

export const heldApart: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: 'user "ann@contoso.com" in the tenant',
      attribute: null,
      value: null,
      cause:
        'night@server has taken the object apart from the tenant by hand. So nothing in the tenant is created, changed or deleted for it.',
      remedy:
        'Nothing, if that is still meant. Else: dirbridge link "CN=ann,OU=People,DC=corp,DC=example,DC=com" "ann@contoso.com"',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann'));
    await world.run();
    await world.unlink('ann@contoso.com');
    await world.run();
    return { world, follow: () => world.link('ann@contoso.com', 'ann@contoso.com') };
  },
};

export const driftLeft: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'jobTitle',
      value: 'Boss',
      cause:
        'jobTitle was changed in the tenant from "Analyst", which the directory still says, to "Boss", and the configuration leaves such a change alone.',
      remedy:
        'Nothing, if the change is meant: it stays until the value changes in the directory. Else set drift.attributes.jobTitle: correct in dirbridge.yaml; the next run then puts it right.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.configure({ drift: { default: 'leave', attributes: {} } });
    world.source.put(user('ann', { title: 'Analyst' }));
    await world.run();
    await world.run();
    await world.patch('ann', { jobTitle: 'Boss' });
    await world.run();
    return {
      world,
      follow: () => world.configure({ drift: { default: 'leave', attributes: { jobTitle: 'correct' } } }),
    };
  },
};
