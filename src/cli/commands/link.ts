import type { Command } from 'commander';
import type { HandLinked } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';

export function addLinkCommands(program: Command, session: Session): void {
  program
    .command('link')
    .description(
      'Join an object of a source to one that the tenant holds already. Writes nothing: the next plan shows what it overwrites.',
    )
    .argument('<object>', 'of a source: user principal name, DN, GUID, mail address or name')
    .argument('<tenant object>', 'of the tenant: user principal name, id or mail address')
    .addHelpText('after', helpTail(['link "CN=Ann,OU=People,DC=contoso,DC=com" ann.admin@contoso.com'], [0, 2, 70]))
    .action((object: string, target: string) => link(session, object, target));
  program
    .command('unlink')
    .description(
      'Take an object of a source and its object in the tenant apart. What is in the tenant stays there as it is.',
    )
    .argument('<object>', 'user principal name, DN, GUID, mail address or name, on either side')
    .addHelpText('after', helpTail(['unlink ann@contoso.com'], [0, 2, 70]))
    .action((object: string) => unlink(session, object));
}

async function link(session: Session, object: string, target: string): Promise<void> {
  const linked = await session.openApp('link').link(object, target);
  await tell(session, linked, 'Linked');
}

async function unlink(session: Session, object: string): Promise<void> {
  const linked = await session.openApp('unlink').unlink(object);
  await tell(session, linked, 'Taken apart');
}

async function tell(session: Session, linked: HandLinked, what: string): Promise<void> {
  const { out } = session;
  if (session.json) {
    await out.line(JSON.stringify(linked));
    return;
  }
  const { object, target } = linked;
  await out.line(`${what}:`);
  await out.line(`  in ${object.space}: ${object.type} ${printableText(object.dn ?? object.name)}`);
  await out.line(`  in the tenant: ${target.type} ${printableText(target.name)} (${target.anchor})`);
  await out.line(`Nothing is written yet. Next: ${session.commandLine('plan')}`);
}
