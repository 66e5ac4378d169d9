import type { Comparison } from '../../app.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { cutText, printableText } from '../terminal/text-width.ts';
import { countOf, formatNumber, formatValue } from '../terminal/words.ts';

type ComparedObject = Comparison['objects'][number];
type Difference = ComparedObject['differences'][number];
type Weight = ComparedObject['weight'];

const HEADINGS: Readonly<Record<Weight, string>> = {
  tenant: 'Would change something in the tenant',
  elsewhere: 'Differs, but changes nothing: we cannot write it through Microsoft Graph',
  design: 'By design',
};
const WAYS: Readonly<Record<Difference['way'], string>> = {
  'only-connect': 'only Connect',
  'only-ours': 'only we',
  different: 'other value',
  case: 'case only',
  primary: 'primary',
};

/** Counts, then why objects are on one side only, then attribute by attribute, then object by object; what matters most stands first. */
export async function writeComparison(session: Session, comparison: Comparison): Promise<void> {
  await writeCounts(session, comparison);
  await writeReasons(session, comparison);
  for (const weight of ['tenant', 'elsewhere', 'design'] as const) await writeAttributes(session, comparison, weight);
  await writeObjects(session, comparison);
  await writeProblems(session, comparison);
  await session.out.line(`\n${verdictOf(comparison)}`);
}

async function writeCounts({ out, paint }: Session, { file, counts, isPendingOnly }: Comparison): Promise<void> {
  await out.line(paint('strong', `${printableText(file)}: ${countOf(counts.inFile, 'object')}`));
  const lines: readonly (readonly [number, string])[] = [
    [counts.equal, 'equal on both sides'],
    [counts.byDesign, 'equal but for what is so by design'],
    [counts.different, 'different'],
    [counts.onlyConnect, 'only in Connect'],
    [counts.onlyOurs, 'only with us'],
    [counts.otherAnchor, 'of these have the name of an object of Connect, with another source anchor'],
    [counts.bothDelete, 'that Connect is about to delete and we do not want either'],
    [counts.unmanaged, 'joined to nothing in Connect, so it leaves them alone; not compared'],
    [counts.untold, 'of which the file says nothing; not compared'],
    [counts.withoutAnchor, 'without a source anchor; not compared'],
  ];
  for (const [count, text] of lines) if (count > 0) await out.line(`  ${formatNumber(count).padStart(9)}  ${text}`);
  if (!isPendingOnly) return;
  await out.line(
    '  Every object in the file waits for export, so it seems to hold pending exports only (csexport /f:x).',
  );
  await out.line(
    `  What is not in it may be equal: ${countOf(counts.notInFile, 'object')} of ours not compared. Export without /f:x, or say --whole.`,
  );
}

async function writeReasons({ out, paint, columns }: Session, { reasons }: Comparison): Promise<void> {
  if (reasons.length === 0) return;
  await out.line(`\n${paint('strong', 'On one side only, and why')}`);
  for (const { where, reason, count, example } of reasons) {
    const side = where === 'only-connect' ? 'only in Connect' : 'only with us';
    await out.line(`  ${formatNumber(count)} ${side}: ${cutText(printableText(reason), Math.max(80, columns * 3))}`);
    await out.line(`      ${paint('dim', `such as ${printableText(example)}`)}`);
  }
}

async function writeAttributes(
  { out, paint, columns }: Session,
  { attributes, differences }: Comparison,
  weight: Weight,
): Promise<void> {
  const chosen = attributes.filter((one) => one.weight === weight);
  if (chosen.length === 0) return;
  await out.line(`\n${paint('strong', `${HEADINGS[weight]} (${countOf(differences[weight], 'value')})`)}`);
  const rows = chosen.map(({ type, attribute, count, ways, cause, example }) => {
    const how = Object.entries(ways).map(
      ([way, number]) => `${formatNumber(number)} ${WAYS[way as Difference['way']]}`,
    );
    return [`  ${type}`, attribute, formatNumber(count), how.join(', '), cutText(printableText(example), 32), cause];
  });
  const titles = ['  type', 'attribute', 'objects', 'how', 'such as', 'probable cause'];
  const lines = tableLines(
    titles.map((title, index) => ({ title, ...(index === 2 ? { align: 'right' as const } : {}) })),
    rows,
  );
  for (const line of lines) await out.line(cutText(line, Math.max(160, columns)));
}

async function writeObjects(session: Session, { objects, notListed }: Comparison): Promise<void> {
  const { out, paint } = session;
  let heading: Weight | null = null;
  for (const object of objects) {
    if (object.weight !== heading) await out.line(`\n${paint('strong', `Objects: ${HEADINGS[object.weight]}`)}`);
    heading = object.weight;
    for (const line of objectLines(session, object)) await out.line(line);
  }
  if (notListed > 0) await out.line(`  ... and ${countOf(notListed, 'object')} more: --limit lists them`);
}

const SIGNS = { both: '~', 'only-connect': '-', 'only-ours': '+' } as const;
const TONES = { both: 'change', 'only-connect': 'remove', 'only-ours': 'add' } as const;

function objectLines(session: Session, object: ComparedObject): readonly string[] {
  const { paint } = session;
  const { name, type, where, why, anchor, differences, problems } = object;
  const head = `  ${paint(TONES[where], SIGNS[where])} ${type} ${printableText(name)}`;
  const side = where === 'only-connect' ? 'only in Connect' : 'only with us';
  return [
    head,
    ...(why === null ? [] : [`      ${side}: ${printableText(why)}`, `      source anchor ${anchor}`]),
    ...differences.flatMap((one) => differenceLines(session, one)),
    ...problems.map((problem) => `      ${paint('bad', "Connect's own problem:")} ${printableText(problem)}`),
  ];
}

function differenceLines({ paint, columns }: Session, difference: Difference): readonly string[] {
  const { attribute, weight, connect, ours, note, connectRule, ourRule } = difference;
  const mark = weight === 'tenant' ? '' : weight === 'design' ? '  (by design)' : '  (not written)';
  const rules = [ourRule.outbound, ourRule.inbound].filter((one) => one !== null).map((one) => `"${one}"`);
  const own = rules.length === 0 ? 'no rule of ours gives it' : rules.join(' <- ');
  const from = ourRule.from === null ? '' : `, ${printableText(ourRule.from)}`;
  const cut = (text: string): string => cutText(text, Math.max(120, columns * 2));
  return [
    `      ${paint('strong', attribute)}${paint('dim', mark)}${note === null ? '' : `  ${note}`}`,
    cut(`        Connect: ${valuesText(connect)}  ${paint('dim', connectRule)}`),
    cut(`        we:      ${valuesText(ours)}  ${paint('dim', `${own}${from}`)}`),
  ];
}

function valuesText({ shown, count }: Difference['connect']): string {
  if (count === 0) return '(none)';
  const more = count > shown.length ? ` and ${formatNumber(count - shown.length)} more` : '';
  return `${formatValue(shown)}${more}`;
}

async function writeProblems({ out, paint }: Session, { problems, counts }: Comparison): Promise<void> {
  if (problems.length === 0) return;
  await out.line(`\n${paint('strong', `Objects that Connect itself has a problem with (${counts.withProblems})`)}`);
  for (const { name, problems: texts } of problems)
    for (const text of texts) await out.line(`  ${printableText(name)}: ${printableText(text)}`);
  if (counts.withProblems > problems.length) await out.line(`  ... and ${counts.withProblems - problems.length} more`);
}

function verdictOf({ counts, differences }: Comparison): string {
  if (counts.different + counts.onlyConnect + counts.onlyOurs === 0) return 'Nothing differs but what is so by design.';
  const objects = counts.different + counts.onlyConnect + counts.onlyOurs;
  const oneSided = counts.onlyConnect + counts.onlyOurs;
  return `${countOf(objects, 'object')} differ: ${countOf(oneSided, 'object')} on one side only, ${countOf(differences.tenant, 'value')} would become another in the tenant, ${countOf(differences.elsewhere, 'value')} would not.`;
}
