import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const NAMES = [
  'Lovelace, Ada',
  'Kurt "Incompleteness" Gödel',
  '#1 fan',
  'C++ + C#',
  ' leading space',
  'trailing space ',
  'back\\slash',
  'semi;colon = equals',
  '<angle> & ampersand',
  'Jürgen Müller-Straße',
  '山田 太郎',
  '👩‍💻 Emoji',
  "O'Brien",
  'a/b',
  'Ünïcödé e\u0301 combined',
];

describeCompany('names with commas, quotes, #, +, spaces at the ends, umlauts, Japanese and emoji', (lab) => {
  it('of users, of groups and of the OU above them arrive as they are', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Names, "odd" + #others');
    const people = await company.makeUsers(
      ou,
      Object.fromEntries(NAMES.map((name, index) => [name, { userPrincipalName: `name${index}@${UPN_SUFFIX}` }])),
    );
    const [boss = '', ...others] = Object.values(people);
    for (const dn of others) await company.set(dn, { manager: boss });
    for (const [index, name] of NAMES.entries())
      await company.makeGroup(`Group of ${name}`, ou, Object.values(people).slice(index));
    const tenant = await lab.followInStep(ou);

    const { users, groups } = nameTenant(await tenant.dump());
    const shown = NAMES.map((_, index) => users[`name${index}@${UPN_SUFFIX}`]?.['displayName']);
    expect(shown).toEqual(NAMES);
    const ids = NAMES.map((_, index) => users[`name${index}@${UPN_SUFFIX}`]?.id);
    expect(ids.map((id) => Object.values(users).find((user) => user.id === id)?.manager)).toEqual([
      null,
      ...ids.slice(1).map(() => ids[0]),
    ]);
    for (const [index, name] of NAMES.entries())
      expect(new Set(groups[`Group of ${name}`]?.members)).toEqual(new Set(ids.slice(index)));
    expect(await tenant.listFindings()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);

    const explained = await tenant.app('explain').explain(people['Lovelace, Ada'] ?? '');
    expect(explained.map((one) => one.name)).toEqual([`name0@${UPN_SUFFIX}`]);
  });
});
