import { expect, test } from 'vitest';
import { createDirectory, createMemoryLab, group, guid, user, WHOLE_DIRECTORY } from '../../test/memory/memory-lab.ts';
import type { MemoryEntry } from '../connectors/memory/directory.ts';
import type { Value } from '../model/value.ts';
import { STANDARD_IDENTITY } from '../rules/identity.ts';
import { loadRuleSet } from '../rules/rule-set.ts';

const SIDES = ['accounts', 'resources'] as const;
const CRITERIA = ['sid', 'mail', { attribute: 'employeeID' }] as const;
const STEPS = 12;
/** So few that accounts meet: of one person, of two, and of somebody who has gone. */
const PERSONS = 5;

/** The numbers of one seed, always the same ones (a linear congruential generator). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
}

function sid(rid: number): Uint8Array {
  return new Uint8Array([1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, rid, 4, 0, 0]);
}

function standIn(rid: number): MemoryEntry {
  const text = `S-1-5-21-1-2-3-${1024 + rid}`;
  const place = { parent: guid('people'), rdn: `CN=${text}` };
  return { anchor: guid(text), type: 'foreignSecurityPrincipal', place, attributes: { cn: text } };
}

/** An account, or in the forest of resources a mailbox of somebody's: linked, or in an account that may be enabled. */
function anyValues(
  side: (typeof SIDES)[number],
  person: number,
  draw: (below: number) => number,
): Record<string, Value> {
  const values: Record<string, Value> = {
    objectSid: sid(side === 'accounts' ? person : 100 + person),
    mail: `p${draw(4)}@contoso.com`,
    employeeID: `e${draw(4)}`,
    userAccountControl: draw(2) === 0 ? 512n : 514n,
    title: `t${draw(3)}`,
  };
  if (side === 'accounts') return values;
  const mailbox = { ...values, mailNickname: `b${person}`, msExchMasterAccountSid: sid(draw(PERSONS)) };
  return draw(2) === 0 ? mailbox : { ...mailbox, msExchRecipientTypeDetails: 2n, userAccountControl: 514n };
}

test.each([
  1, 2, 5, 6, 7, 15, 22,
])('after any change in two forests a full run finds nothing more to do (seed %i)', async (seed) => {
  const draw = numbers(seed);
  const join = CRITERIA[seed % CRITERIA.length] ?? 'sid';
  const lab = await createMemoryLab({ rules: loadRuleSet(['standard'], { ...STANDARD_IDENTITY, join }) });
  const forests = { accounts: lab.source, resources: createDirectory('resources') };
  lab.context = {
    ...lab.context,
    sources: [...lab.context.sources, { connector: forests.resources, scope: WHOLE_DIRECTORY }],
  };
  const there = new Set<string>();
  for (const side of SIDES) forests[side].put(user(`somebody of ${side}`));
  forests.resources.put(group('staff'));

  function change(): void {
    const side = SIDES[draw(2)] ?? 'accounts';
    const person = draw(PERSONS);
    const name = `${side}.${person}`;
    const values = anyValues(side, person, draw);
    const changeable = ['mail', 'employeeID', 'title', 'userAccountControl', 'msExchMasterAccountSid'];
    const attribute = changeable[draw(changeable.length)] ?? 'mail';
    if (!there.has(name)) {
      forests[side].put(user(name, values));
      there.add(name);
    } else if (draw(5) === 0) {
      forests[side].remove(guid(name));
      there.delete(name);
    } else if (values[attribute] !== undefined) {
      forests[side].edit(guid(name), { attributes: { [attribute]: values[attribute] } });
    }
    const member = standIn(draw(PERSONS));
    if (draw(4) !== 0 || there.has(member.anchor)) return;
    forests.resources.put(member);
    forests.resources.edit(guid('staff'), { references: { member: { add: [member.anchor] } } });
    there.add(member.anchor);
  }

  for (let step = 1; step <= STEPS; step++) {
    for (let count = 1 + draw(3); count > 0; count--) change();
    await lab.sync();
    const again = await lab.operations(await lab.plan());
    const full = await lab.operations(await lab.plan({ full: true }));
    expect({ step, again, full }).toEqual({ step, again: [], full: [] });
  }
});
