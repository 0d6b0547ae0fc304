/** Known vulnerabilities of what production installs, by the registry's advisories (`npm audit`). */
import { spawnSync } from 'node:child_process';

export type Audit =
  | { readonly reached: true; readonly serious: readonly string[] }
  /** Nothing is known: neither that there are vulnerabilities nor that there are none. */
  | { readonly reached: false; readonly why: string };

/** Asks the registry once; waits no longer than a minute. */
export function auditDependencies(): Audit {
  const { stdout, error } = spawnSync(
    'npm',
    ['audit', '--omit=dev', '--audit-level=high', '--json', '--fetch-retries=0', '--fetch-timeout=20000'],
    { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return error ? { reached: false, why: error.message } : readAudit(stdout);
}

interface Report {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range?: string }>>;
}

/** Reads what `npm audit --json` printed: a report, or why there is none. */
export function readAudit(printed: string): Audit {
  let report: Report;
  try {
    report = JSON.parse(printed);
  } catch {
    return { reached: false, why: printed.trim().slice(0, 200) || 'npm audit printed nothing' };
  }
  if (!report.vulnerabilities) {
    return { reached: false, why: report.message || report.error?.summary || 'no report' };
  }
  const serious = Object.entries(report.vulnerabilities)
    .filter(([, { severity }]) => severity === 'high' || severity === 'critical')
    .map(([name, { severity, range = '' }]) => `${severity}: ${name} ${range}`.trim());
  return { reached: true, serious };
}
