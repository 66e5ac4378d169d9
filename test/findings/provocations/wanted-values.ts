import type { Value } from '../../../src/model/value.ts';
import { user } from '../../memory/memory-lab.ts';
import { FindingWorld } from '../finding-world.ts';
import { type Provocation, person } from '../provocation.ts';

type Values = Readonly<Record<string, Value | null>>;

/** Ann with attributes of which something is wrong, and what she has when it is put right. */
function wrong(attributes: Readonly<Record<string, Value>>, right: Values): Provocation['provoke'] {
  return async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann', attributes));
    await world.run();
    return { world, follow: () => world.edit('ann', right) };
  };
}

export const ruleError: Provocation = {
  told: [
    {
      object: person('ann', 'ann'),
      otherObject: null,
      attribute: 'userPrincipalName',
      value: null,
      cause:
        'The rule "In from AD - User AccountEnabled" cannot work out userPrincipalName: The account has neither userPrincipalName nor sAMAccountName. Nothing of the object is synchronized until it can; what is in the tenant stays as it is.',
      remedy:
        'Correct what the rule reads in the directory, or the rule. How they work: dirbridge explain "CN=ann,OU=People,DC=corp,DC=example,DC=com" --rules.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann'));
    world.edit('ann', { userPrincipalName: null, sAMAccountName: null });
    await world.run();
    return { world, follow: () => world.edit('ann', { sAMAccountName: 'ann' }) };
  },
};

export const attributeMissing: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'displayName',
      value: null,
      cause: 'The tenant demands displayName, and the directory gives none; without it the object is not created.',
      remedy:
        'Fill the attribute in the directory. What it is made of: dirbridge explain "CN=ann,OU=People,DC=corp,DC=example,DC=com" --rules',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    const { attributes, ...entry } = user('ann');
    const { displayName, cn, ...rest } = attributes ?? {};
    world.source.put({ ...entry, attributes: rest });
    await world.run();
    return { world, follow: () => world.edit('ann', { displayName: 'Ann' }) };
  },
};

export const attributeTooLong: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'department',
      value: 'Sales and marketing Sales and marketing Sales and marketing Sales and marketing',
      cause: 'department takes at most 64 characters, this has 79; the rest of the object is synchronized without it.',
      remedy:
        'Shorten the value in the directory. What it is made of: dirbridge explain "CN=ann,OU=People,DC=corp,DC=example,DC=com" --attribute department',
    },
  ],
  provoke: wrong({ department: 'Sales and marketing '.repeat(4) }, { department: 'Sales and marketing' }),
};

export const attributeInvalid: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: 'mail',
      value: 'änn@contoso.com',
      cause:
        'mail must be a mail address without accents and blanks; the rest of the object is synchronized without it.',
      remedy:
        'Correct the value in the directory. What it is made of: dirbridge explain "CN=ann,OU=People,DC=corp,DC=example,DC=com" --attribute mail',
    },
  ],
  provoke: wrong({ mail: 'änn@contoso.com' }, { mail: 'ann@contoso.com' }),
};

export const upnSuffixUnverified: Provocation = {
  told: [
    {
      object: person('ann', 'ann@corp.example.com'),
      otherObject: null,
      attribute: 'userPrincipalName',
      value: 'ann@corp.example.com',
      cause:
        'corp.example.com is no verified domain of the tenant, so the user signs in there as ann@contoso.onmicrosoft.com.',
      remedy: 'Add the domain to the tenant and verify it, or give the user a suffix that is verified.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('ann', { userPrincipalName: 'ann@corp.example.com' }));
    await world.run();
    return { world, follow: () => world.seed({ domains: [{ id: 'corp.example.com' }] }) };
  },
};

export const upnCharacters: Provocation = {
  told: [
    {
      object: person('ann', 'änn doe@contoso.com'),
      otherObject: null,
      attribute: 'userPrincipalName',
      value: 'änn doe@contoso.com',
      cause:
        'The user principal name holds "ä", a blank, which the tenant does not take before the @, so the user signs in to the tenant as anndoe@contoso.onmicrosoft.com.',
      remedy:
        "Correct the user principal name in the directory. Before the @ the tenant takes A-Z a-z 0-9 ' . - _ ! # ^ ~ and no dot at the end.",
    },
  ],
  provoke: wrong({ userPrincipalName: 'änn doe@contoso.com' }, { userPrincipalName: 'ann.doe@contoso.com' }),
};

export const valueConflict: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: 'user "cloud@contoso.com" in the tenant',
      attribute: 'mail',
      value: 'ann.doe@contoso.com',
      cause:
        'mail "ann.doe@contoso.com" must be unique in the tenant, and the user cloud@contoso.com has it already as a secondary address (proxyAddresses). Until it is free, ann@contoso.com has no mail in the tenant; everything else of the object is synchronized.',
      remedy:
        'Take the value from one of the two: from ann@contoso.com in the directory, or from cloud@contoso.com in the tenant. The next run sees that by itself.',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    const proxyAddresses = ['SMTP:cloud@contoso.com', 'smtp:ann.doe@contoso.com'];
    await world.seedUser('cloud', { mail: 'cloud@contoso.com', proxyAddresses });
    world.source.put(user('ann', { mail: 'ann.doe@contoso.com' }));
    await world.run();
    return { world, follow: () => world.patch('cloud', { mail: null }) };
  },
};

export const referenceOutOfScope: Provocation = {
  told: [
    {
      object: person('ann'),
      otherObject: person('boss'),
      attribute: 'manager',
      value: 'CN=boss,OU=People,DC=corp,DC=example,DC=com',
      cause: 'manager refers to boss@contoso.com, which is not synchronized. So the user has no manager in the tenant.',
      remedy:
        'Nothing, if that is meant. Else bring boss@contoso.com into the scope; what leaves it out: dirbridge explain "CN=boss,OU=People,DC=corp,DC=example,DC=com"',
    },
  ],
  provoke: async () => {
    const world = await FindingWorld.begin();
    world.source.put(user('boss', { isCriticalSystemObject: true }));
    world.source.put(user('ann', {}, { manager: 'boss' }));
    await world.run();
    return { world, follow: () => world.edit('boss', { isCriticalSystemObject: null }) };
  },
};
