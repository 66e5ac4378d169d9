import type { PlanPages } from '../../app.ts';
import { type Licence, licenceName } from '../../model/licence.ts';
import type { PlanHead } from '../../model/plan.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';
import { countOf, formatTime } from '../terminal/words.ts';

const SHOWN = 20;

/** `MAIL (2 parts switched off), PHONE` */
export function licencesText(licences: readonly Licence[]): string {
  const texts = licences.map((licence) => {
    const off = licence.disabledParts.length;
    return `${printableText(licenceName(licence))}${off === 0 ? '' : ` (${countOf(off, 'part')} switched off)`}`;
  });
  return texts.join(', ');
}

/** What users whom earlier runs restored still lack, and whether there is any. A plan that was carried out has nothing more to give. */
export async function writeOwedLicences(session: Session, head: PlanHead, pages: PlanPages): Promise<boolean> {
  if (head.state === 'applied' || head.state === 'stale') return false;
  const owed = await pages.owedLicences('', SHOWN + 1);
  if (owed.length === 0) return false;
  const { out, paint } = session;
  await out.line(`\n${paint('strong', 'Licences still to be given back')}`);
  for (const { name, since, licences } of owed.slice(0, SHOWN))
    await out.line(
      `  ${paint('add', '+')} user ${paint('strong', printableText(name))}, restored ${formatTime(since)}: ${licencesText(licences)}`,
    );
  if (owed.length > SHOWN) await out.line('  ... and more');
  return true;
}
