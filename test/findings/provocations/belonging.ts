import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { guidToBytes } from '../../../src/model/anchor.ts';
import { loadRuleSet } from '../../../src/rules/rule-set.ts';
import { anchorOf, container, group, guid, ROOT_DN, user } from '../../memory/memory-lab.ts';
import { DAY, FindingWorld } from '../finding-world.ts';
import { type Provocation, person } from '../provocation.ts';

export const scopeContainerMissing: Provocation = {
  told: [
    {
      object: 'container "OU=Sales,DC=corp,DC=example,DC=com" in corp: OU=Sales,DC=corp,DC=example,DC=com',
      otherObject: null,
      attribute: 'scope.include',
      value: 'OU=Sales,DC=corp,DC=example,DC=com',
      cause:
        'The configuration names this container (scope.include of the source corp), but it is no longer in the directory. Nothing below it is synchronized any more; what was in it counts as having left.',
      remedy: 'Restore the container, or take it out of scope.include of the source corp in dirbridge.yaml.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(container('sales', 'Sales'));
    world.source.put(user('ann'));
    const scope = { include: [`OU=People,${ROOT_DN}`, `OU=Sales,${ROOT_DN}`], exclude: [], groups: [] };
    world.configure({ sources: [{ connector: world.source, scope }] });
    await world.run();
    world.source.remove(guid('sales'));
    await world.run();
    return { world, follow: () => world.source.put(container('sales', 'Sales')) };
  },
};

export const ruleGroupMissing: Provocation = {
  told: [
    {
      object: null,
      otherObject: null,
      attribute: null,
      value: 'CN=left,OU=People,DC=corp,DC=example,DC=com',
      cause:
        'No source holds a group "CN=left,OU=People,DC=corp,DC=example,DC=com", which the scope of the rule "Company of those who leave" names. So nobody counts as its member: what is for its members is for nobody, what is for all others is for everybody.',
      remedy: 'Correct the DN in the rule file, restore the group, or add its directory as a source.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    const file = join(world.folder, 'left.yaml');
    await writeFile(
      file,
      `rules:
  - name: Company of those who leave
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: 1
    scope:
      - - { operator: ISMEMBEROF, value: "CN=left,OU=People,${ROOT_DN}" }
    flows:
      company: { constant: gone }
`,
    );
    world.configure({ rules: loadRuleSet(['standard', file]) });
    world.source.put(user('ann'));
    await world.run();
    return { world, follow: () => world.source.put(group('left', ['ann'])) };
  },
};

export const joinAmbiguous: Provocation = {
  told: [
    {
      object: 'user "a.doe@contoso.com" in other: CN=a.doe,OU=People,DC=corp,DC=example,DC=com',
      otherObject: person('ann'),
      attribute: 'mail',
      value: 'ann@contoso.com',
      cause:
        'The rule "In from AD - User Join" joins a.doe@contoso.com by its mail, and 2 objects fit: ann@contoso.com in corp, anna@contoso.com in corp. None is chosen, so a.doe@contoso.com is not synchronized.',
      remedy: 'Change mail of a.doe@contoso.com, or of the others, so that one of them at most has the same value.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin({ identity: { join: 'mail' } });
    const other = world.addDirectory('other');
    world.source.put(user('ann', { mail: 'ann@contoso.com' }));
    world.source.put(user('anna', { mail: 'ann@contoso.com' }));
    await world.run();
    other.put(user('a.doe', { mail: 'ann@contoso.com' }));
    await world.run();
    return { world, follow: () => world.edit('anna', { mail: 'anna@contoso.com' }) };
  },
};

export const joinConflict: Provocation = {
  told: [
    {
      object: person('copy'),
      otherObject: person('ann'),
      attribute: 'sourceAnchor',
      value: 'YW5uAAAAAAAAAAAAAAAAAA==',
      cause:
        'copy@contoso.com has the same source anchor as ann@contoso.com, which is in the same source. Only one of the two can be in the tenant; ann@contoso.com was first, so copy@contoso.com is not synchronized.',
      remedy:
        'Give one of the two another value, or none, in the attribute that gives the source anchor (identity.sourceAnchor in dirbridge.yaml; unless it says otherwise mS-DS-ConsistencyGuid, else objectGUID). Most often one is a copy of the other.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    const anchor = guidToBytes(guid('ann')) ?? new Uint8Array(16);
    world.source.put(user('ann'));
    world.source.put(user('copy', { 'mS-DS-ConsistencyGuid': anchor }));
    await world.run();
    return { world, follow: () => world.edit('copy', { 'mS-DS-ConsistencyGuid': null }) };
  },
};

export const anchorMissing: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'sourceAnchor',
      value: null,
      cause: 'The object has no source anchor, so it could never be found again in the tenant. It is not synchronized.',
      remedy:
        'Fill the attribute that gives the source anchor (identity.sourceAnchor in dirbridge.yaml; unless it says otherwise mS-DS-ConsistencyGuid, else objectGUID), and let the account of the source read it.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin({ identity: { sourceAnchor: { attribute: 'employeeID' } } });
    world.source.put(user('ann'));
    await world.run();
    return { world, follow: () => world.edit('ann', { employeeID: '1001' }) };
  },
};

export const anchorChanged: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'sourceAnchor',
      value: 'b3RoZXIAAAAAAAAAAAAAAA==',
      cause:
        'The source anchor changed from YW5uAAAAAAAAAAAAAAAAAA== to b3RoZXIAAAAAAAAAAAAAAA==, but the object is in the tenant under the old one. Until that is back, the object stays there as it is, and no change of it is synchronized.',
      remedy:
        'Put the old value back, YW5uAAAAAAAAAAAAAAAAAA== (the bytes 616E6E00000000000000000000000000, as a GUID 006e6e61-0000-0000-0000-000000000000), into the attribute that gives the source anchor (identity.sourceAnchor in dirbridge.yaml; unless it says otherwise mS-DS-ConsistencyGuid, else objectGUID). An anchor never changes during the life of an object.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann'));
    await world.run();
    world.edit('ann', { 'mS-DS-ConsistencyGuid': guidToBytes(guid('other')) ?? null });
    await world.run();
    return { world, follow: () => world.edit('ann', { 'mS-DS-ConsistencyGuid': null }) };
  },
};

export const anotherServer: Provocation = {
  told: [
    {
      object: null,
      otherObject: null,
      attribute: null,
      value: 'bob@contoso.com',
      cause:
        "Something else has made, or brought back, an object in the tenant with the source anchor of our directory: bob@contoso.com. Most likely a second server writes to this tenant. What it made is taken over here, and the two may undo each other's changes.",
      remedy:
        'Let one server alone write: set staging: true in the configuration of the other, or stop it. Azure AD Connect counts as one. The warning goes a day after the last sign.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann'));
    await world.run();
    world.source.put(user('bob'));
    await world.seedUser('bob', { onPremisesImmutableId: anchorOf('bob') });
    await world.run();
    return { world, follow: () => world.pass(DAY) };
  },
};
