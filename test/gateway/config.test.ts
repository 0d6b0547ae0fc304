/** What the environment may say. Documents and start-up have tests of their own. */
import t from 'tap';
import { readConfig } from '../../gateway/config.ts';

const environment = {
  DATABASE_URL: 'postgres://127.0.0.1/lienthong',
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64url'),
};

t.test('PUBLIC_URL has the form of an issuer (RFC 8414, 2)', async (t) => {
  const taken = [
    ['https://api.gov.vn', 'https://api.gov.vn'],
    ['https://api.gov.vn/', 'https://api.gov.vn'],
    ['https://api.gov.vn:8443/lien-thong', 'https://api.gov.vn:8443/lien-thong'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://api.gov.vn/li%C3%AAn-th%C3%B4ng', 'https://api.gov.vn/li%C3%AAn-th%C3%B4ng'],
  ] as const;
  for (const [given, expected] of taken)
    t.equal(readConfig({ ...environment, PUBLIC_URL: given }).publicUrl, expected, given);

  const refused = [
    ...[
      'api.gov.vn',
      'ftp://api.gov.vn',
      'https:api.gov.vn',
      'https:\\\\api.gov.vn',
      'https://',
      'https:///x',
    ],
    ...['https://user@api.gov.vn', 'https://user:secret@api.gov.vn', 'https://:secret@api.gov.vn'],
    ...['https://api.gov.vn?secret', 'https://api.gov.vn/?', 'https://api.gov.vn/x?a=b'],
    ...['https://api.gov.vn#secret', 'https://api.gov.vn/#'],
    ...[' https://api.gov.vn', 'https://api.gov.vn ', 'https://api. gov.vn', 'https://api.gov.vn/a b'],
    ...['https://api.gov.vn\n', 'https://api.gov.vn/\t', 'https://api.gov.vn/a\0b'],
    ...['https://liênthông.gov.vn', 'https://api.gov.vn/liên-thông', 'https://api.gov.vn/\u200b'],
    ...['https://api.gov.vn:99999', 'https://api.gov.vn:x', 'https://api.gov.vn/%', 'https://[::g]'],
    ...['https://api.gov.vn/{x}', 'https://api.gov.vn/"x"', 'https://api.gov.vn/a\\b'],
  ];
  for (const given of refused) {
    const lines = errorsOf({ ...environment, PUBLIC_URL: given });
    t.match(lines, [/^ *PUBLIC_URL: must be /], JSON.stringify(given));
    t.notMatch(lines.join(), 'secret');
  }
  t.match(errorsOf(environment), [/^ *PUBLIC_URL: is required$/], 'once');
});

/** The lines about variables. */
function errorsOf(given: Readonly<Record<string, string>>): string[] {
  try {
    readConfig(given);
    return [];
  } catch (error) {
    return String(error)
      .split('\n')
      .filter((line) => /^ *[A-Z_]+: /.test(line) && !line.startsWith('ConfigError'));
  }
}
