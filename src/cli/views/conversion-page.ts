import type { ConversionResult, JudgedConversion } from '../../app.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';
import { countOf, formatNumber, formatValue } from '../terminal/words.ts';
import { writeCheckLine } from './check-text.ts';
import { guardLines } from './guard-lines.ts';

const SHOWN = 20;

type Harm = JudgedConversion['harmed']['objects'][number]['harm'];

const HARMS: Readonly<Record<Harm, string>> = {
  remade: 'would be made again: the other way does not show it, and would give it another id',
  lost: 'would be lost: the other way does not show it any more',
  deleted: 'would be deleted',
  forbidden: 'holds an administrator role: the tenant lets nobody take such an account over',
};

/** What to do about each, with the way that the tenant is written by now. */
function remedyOf(harm: Harm, from: string): string {
  if (harm === 'deleted')
    return `It is about to leave. Let it leave by way of ${from} first: dirbridge sync, and then convert again.`;
  if (harm === 'forbidden')
    return `Take the role away, its membership in groups that hold one included, and convert again; afterwards it may be given back. Or stay with ${from}.`;
  return `If somebody has deleted it in the tenant: dirbridge sync, and then convert again. If it is there, stay with ${from}: the other way cannot take it over.`;
}

/** A conversion as scripts get it. */
export function conversionJson({ from, to, outcome, checks, judged, run }: ConversionResult): unknown {
  const harmed = judged?.harmed.objects.map((one) => ({ ...one, remedy: remedyOf(one.harm, from) })) ?? [];
  return {
    conversion: {
      from,
      to,
      outcome,
      checks,
      ...(judged === null ? {} : { ...judged, harmed: { count: judged.harmed.count, objects: harmed } }),
      guards: run?.plan.guards ?? [],
      run: run === null || (outcome !== 'converted' && outcome !== 'incomplete') ? null : runJson(run),
    },
  };
}

function runJson({ run, plan, outcome, message, done, failed }: NonNullable<ConversionResult['run']>): unknown {
  return { id: run, plan: plan.id, outcome, message, done, failed };
}

export async function writeConversion(session: Session, result: ConversionResult): Promise<void> {
  const { out } = session;
  if (result.outcome === 'already') {
    await out.line(`Nothing to do: the tenant is written by way of ${result.to} already.`);
    return;
  }
  for (const line of result.checks) await writeCheckLine(session, line);
  await out.line();
  if (result.judged !== null) await writeJudged(session, result, result.judged);
  for (const line of endLines(session, result)) await out.line(line);
}

async function writeJudged(session: Session, { from, to }: ConversionResult, judged: JudgedConversion): Promise<void> {
  const { out, paint } = session;
  const { takenOver, leftAlone, created, linked, values, memberships, harmed } = judged;
  const heading = (text: string): Promise<void> => out.line(paint('strong', text));
  await heading(`From ${from} to ${to}`);
  await out.line(`  Taken over with the same id: ${countsText(takenOver)}`);
  await out.line(`  Left as they are, because ${to} cannot change them: ${countsText(leftAlone.counts)}`);
  for (const line of listed(
    leftAlone.objects.map(({ type, name }) => `${type} ${name}`),
    sum(leftAlone.counts),
  ))
    await out.line(line);
  await out.line(`  Made, because ${from} could not carry them: ${countsText(created.counts)}`);
  for (const line of listed(created.names, sum(created.counts))) await out.line(line);
  if (sum(linked.counts) > 0) {
    await out.line(
      `  Linked, because the tenant holds one with the same address or name: ${countsText(linked.counts)}`,
    );
    for (const line of listed(linked.names, sum(linked.counts))) await out.line(line);
  }
  if (memberships.add + memberships.remove > 0)
    await out.line(
      `  Memberships to write: ${formatNumber(memberships.add)} added (those that are there already stay), ${formatNumber(memberships.remove)} removed`,
    );
  if (values.length > 0) await heading('Values that change');
  for (const { type, attribute, objects, example } of values)
    await out.line(
      `  ${attribute} of ${countOf(objects, type)}, such as ${printableText(example.name)}: ${formatValue(example.from)} -> ${formatValue(example.to)}`,
    );
  if (harmed.count > 0) await heading(`Not possible: ${countOf(harmed.count, 'object')}`);
  for (const { type, name, targetId, harm } of harmed.objects) {
    await out.line(`  ${paint('bad', '!')} ${type} ${printableText(name)} (${targetId}) ${HARMS[harm]}.`);
    await out.line(`      ${paint('dim', 'What to do:')} ${remedyOf(harm, from)}`);
  }
  if (harmed.count > harmed.objects.length)
    await out.line(`  ... and ${formatNumber(harmed.count - harmed.objects.length)} more`);
}

function listed(names: readonly string[], total: number): readonly string[] {
  const lines = names.slice(0, SHOWN).map((name) => `      ${printableText(name)}`);
  return total > lines.length ? [...lines, `      ... and ${formatNumber(total - lines.length)} more`] : lines;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([type, count]) => countOf(count, type));
  return parts.length === 0 ? 'nobody' : parts.join(', ');
}

function endLines(session: Session, { outcome, to, run }: ConversionResult): readonly string[] {
  const { paint } = session;
  const again = session.commandLine(`convert --to ${to} --apply`);
  const blocked = run?.plan.guards.filter((one) => one.blocked) ?? [];
  const guards = blocked.flatMap((guard) => guardLines(session, guard));
  if (outcome === 'unready')
    return [`${paint('bad', 'Not yet')}: put right what is marked above. Nothing was changed.`];
  if (outcome === 'refused')
    return [
      '',
      `${paint('bad', 'Refused')}, so that nobody is made again, deleted or left behind. The configuration was left as it is, and nothing was written to the tenant.`,
    ];
  if (outcome === 'possible') {
    const approve = guards.length === 0 ? '' : ' --approve';
    const stop = guards.length === 0 ? [] : ['A guard will stop it unless it is approved:', ...guards];
    return ['', ...stop, `${paint('good', 'It can be done.')} Nothing was changed. Do it: ${again}${approve}`];
  }
  if (outcome === 'converted')
    return [
      '',
      `${paint('good', 'Done')}: the tenant is written by way of ${to} from now on, and the configuration says so.`,
      `  The next run reads and compares everything: ${session.commandLine('sync')}`,
    ];
  if (run?.outcome === 'done')
    return [
      '',
      `${paint('bad', countOf(run.failed, 'change'))} failed, so the configuration was left as it is: ${session.commandLine('findings')}`,
      `  Put right what they say, run no sync before, and go on: ${again}`,
    ];
  const why =
    guards.length === 0
      ? [`${paint('bad', 'Stopped')}: ${run?.message ?? 'the plan is stale'}.`]
      : [`${paint('bad', 'Stopped')} by a guard:`, ...guards];
  return ['', ...why, `  Nothing was written to the tenant. If it is what you want: ${again} --approve`];
}
