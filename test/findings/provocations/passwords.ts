import { guid } from '../../memory/memory-lab.ts';
import { DAY } from '../../passwords/password-lab.ts';
import { PasswordWorld } from '../password-world.ts';
import { type Provocation, person } from '../provocation.ts';

async function beginWithTwo(): Promise<PasswordWorld> {
  const world = await PasswordWorld.begin();
  for (const name of ['ann', 'bob']) world.passwords.hire(name, `Sommer-${name}`);
  return world;
}

export const passwordRefused: Provocation<PasswordWorld> = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'The tenant did not take the password of ann@contoso.com: The credential provisioning of the user is not allowed. (2)',
      remedy:
        'The answer of the tenant tells why. It is sent again by itself, after two minutes at first and less often later; at once with dirbridge passwords sync and the name of the user.',
    },
  ],
  provoke: async () => {
    const world = await beginWithTwo();
    const { passwords } = world;
    let isRefused = true;
    const failure = { code: '2', message: 'The credential provisioning of the user is not allowed.' };
    passwords.target.refuse(({ targetId }) => isRefused && targetId === passwords.idOf('ann'), failure, 100);
    await world.run();
    const follow = (): void => {
      isRefused = false;
      passwords.pass(DAY);
    };
    return { world, follow };
  },
};

export const passwordTemporary: Provocation<PasswordWorld> = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'ann@contoso.com has a temporary password, to be changed at the next logon. The tenant takes none (its feature UserForcePasswordChangeOnLogon is off), so ann@contoso.com signs in there with the password before it.',
      remedy:
        'Nothing: the password that the user chooses at the next logon is sent. To let users change a temporary password in the cloud, switch the feature UserForcePasswordChangeOnLogon of the tenant on (and password writeback, or the change stays in the cloud).',
    },
  ],
  provoke: async () => {
    const world = await beginWithTwo();
    const { passwords } = world;
    await world.run();
    passwords.setPassword('ann', 'Temporary-1', { mustChange: true });
    await world.run();
    return { world, follow: () => passwords.setPassword('ann', 'Herbst-2030') };
  },
};

export const passwordWithoutHash: Provocation<PasswordWorld> = {
  told: [
    {
      object: person('ann'),
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'The password of ann@contoso.com was changed, but the domain controller stores no NT hash of it, so it cannot be sent. ann@contoso.com still signs in to the tenant with the one before it, which the directory takes no more.',
      remedy:
        'On Samba, set nt hash store = always in smb.conf of every domain controller and restart them (never stores none, nor does auto together with ntlm auth = disabled). Then have the user set another password: the one that is there gets no hash later. If the old one must not open the tenant until then, disable the account in the directory: the next sync blocks the user in the tenant.',
    },
  ],
  provoke: async () => {
    const world = await beginWithTwo();
    const { passwords } = world;
    await world.run();
    passwords.source.passwords.clearPassword(guid('ann'));
    await world.run();
    return { world, follow: () => passwords.setPassword('ann', 'Herbst-2030') };
  },
};
