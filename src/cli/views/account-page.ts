import type { AccountDescription, CheckLine } from '../../app.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';
import { writeCheckLine } from './check-text.ts';

export async function writeAccountLines(session: Session, lines: readonly CheckLine[]): Promise<void> {
  for (const line of lines) await writeCheckLine(session, line);
  await session.out.flush();
}

/** What was written, and what it does. */
export async function writeAccountScript(session: Session, account: AccountDescription, file: string): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('strong', 'Written')}: ${printableText(file)}`);
  for (const line of scriptNotes(account)) await out.line(line);
}

/** What the script makes of the account, for whoever carries it out. */
export function scriptNotes({ source, user, platform, readsPasswords, rights }: AccountDescription): readonly string[] {
  const lines = [
    `It prepares ${user}, the account of the source ${source}, with these rights:`,
    ...rights.map(({ name, on, why }) => `  ${name}, on ${on}: ${why}`),
    ...(readsPasswords
      ? [
          'Whoever has this account can read the password of everybody in the domain: protect it like a domain controller.',
        ]
      : []),
    HOW[platform],
    'Nothing was changed. What the account can do and how to protect it: docs/guide/service-account.md',
  ];
  return lines.map(printableText);
}

const HOW: Readonly<Record<AccountDescription['platform'], string>> = {
  windows:
    'Carry it out in Windows PowerShell as a member of Domain Admins; with -WhatIf it only shows what it would do.',
  samba: 'Carry it out with sh, as root, on a domain controller.',
};
