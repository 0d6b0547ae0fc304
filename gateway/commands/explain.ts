/** `lienthong explain`: would this call be allowed, by which agreement, and which fields would it get? */
import { isDay, isMoment } from '../../adapters/values/rfc3339.ts';
import { startOf } from '../../adapters/values/vietnam-clock.ts';
import { loadCatalog } from '../catalog/live/load.ts';
import { catalogDirectories } from '../config/config.ts';
import { type Explanation, explain } from '../exchange/explain.ts';
import { problems } from '../problems/codes.ts';
import { circumstanceOptions, circumstanceUsage, declaredHeaders } from './gateway/declared.ts';
import { type Command, CommandError } from './terminal/command.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong explain --system H26.motcua --service population.person.lookup[@1] ${circumstanceUsage}
       [--header NAME=VALUE] [--at 2026-11-22 | 2026-11-22T09:00:00+07:00] [--json]
       [--contracts DIR] [--schemas DIR]
       The exit status is 0 when the call is allowed, 1 when it is refused. A stream is named like a service:
       --service business.changes.read. A service without a version is the newest version that an agreement of
       the system names, as it is for \`call\``,
  async run(args) {
    const { values } = readOptions({
      args,
      options: {
        system: { type: 'string' },
        service: { type: 'string' },
        ...circumstanceOptions,
        header: { type: 'string', multiple: true, default: [] },
        at: { type: 'string' },
        json: { type: 'boolean', default: false },
        contracts: { type: 'string' },
        schemas: { type: 'string' },
      },
    });
    const { system, service } = values;
    if (!system) throw new CommandError('name the calling system: --system H26.motcua');
    if (!service) throw new CommandError('name the service: --service population.person.lookup');
    const directories = catalogDirectories();
    const catalog = await loadCatalog({
      ...directories,
      contractsDir: values.contracts ?? directories.contractsDir,
      schemasDir: values.schemas ?? directories.schemasDir,
    });
    const explanation = explain(catalog, {
      system,
      service,
      headers: { ...declaredHeaders(values), ...headersOf(values.header) },
      at: momentOf(values.at),
    });
    if ('unknown' in explanation) throw new CommandError(explanation.unknown);
    console.log(values.json ? JSON.stringify(explanation, null, 2) : render(explanation));
    return explanation.verdict.allowed ? 0 : 1;
  },
};

/** `Name=value` → `{ "name": "value" }`. */
function headersOf(given: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of given) {
    const [, name, value] = /^([\w-]+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (!name || value === undefined) throw new CommandError(`--header is "Name=value", not "${line}"`);
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

/**
 * A moment, or the beginning of a day in Vietnam. `Date` alone would also accept 31 February, 05/12 and this machine's time zone.
 */
function momentOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  if (isDay(text)) return startOf(text);
  if (isMoment(text)) return Date.parse(text);
  throw new CommandError(`--at is a day or an RFC 3339 time, not "${text}"`);
}

function render({ call, verdict, others }: Explanation): string {
  const lines = [`${call.system} → ${call.service}, at ${call.at}`, ''];
  if (verdict.allowed) {
    lines.push(`ALLOWED by ${verdict.terms[0]!.agreement}, for the purpose ${verdict.purpose}`);
    for (const terms of verdict.terms) lines.push(...renderTerms(terms));
  } else {
    const [title, detail] = problems[verdict.code].en;
    const by = verdict.agreement === undefined ? '' : ` by ${verdict.agreement}`;
    lines.push(`REFUSED${by}: ${verdict.status} ${verdict.code}: ${title}. ${detail}`);
    for (const error of verdict.errors) lines.push(`  ${error.header}: ${error.detail}`);
    if (verdict.legalBasis.length > 0) lines.push(...list('legal basis', verdict.legalBasis));
  }
  if (others.length > 0) lines.push('', 'Other agreements of this system that name it:');
  for (const { agreement, standing, validFrom, validUntil, purposes } of others) {
    lines.push(`  ${agreement}: ${standing}, ${validFrom} to ${validUntil}, for ${purposes.join(', ')}`);
  }
  return lines.join('\n');
}

function renderTerms(terms: Explanation['others'][number]): string[] {
  const { rate, quota, scope, entity } = terms;
  return [
    ...(entity === undefined ? [] : [`  entity ${entity}`]),
    `  title            ${terms.title.en}`,
    `  in force         ${terms.validFrom} to ${terms.validUntil}`,
    `  required headers ${terms.requiredHeaders.join(', ') || 'none'}`,
    `  rows             ${scope ? Object.entries(scope).map(([name, values]) => `${name} in ${values.join(', ')}`) : 'all'}`,
    `  rate             ${rate ? `${rate.perSecond} a second, burst ${rate.burst}` : 'no limit'}`,
    `  quota            ${[quota?.perDay && `${quota.perDay} a day`, quota?.perMonth && `${quota.perMonth} a month`].filter(Boolean).join(', ') || 'no limit'}`,
    ...list('disclosed', terms.fields.disclosed),
    ...list('withheld', terms.fields.withheld),
    ...(terms.refusedCriteria ? list('may not filter by', terms.refusedCriteria) : []),
    ...list('legal basis', terms.legalBasis),
  ];
}

function list(name: string, values: readonly string[]): string[] {
  return [
    `  ${name}: ${values.length === 0 ? 'nothing' : ''}`.trimEnd(),
    ...values.map((value) => `    ${value}`),
  ];
}
