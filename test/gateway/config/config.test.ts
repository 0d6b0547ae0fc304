/**
 * What the environment may say: every variable with values that are wrong, each named in one line. Documents have tests of
 * their own, and so has what is found out when the gateway starts (test/integration/start-errors.test.ts).
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  text as anyText,
  basicUser,
  fieldValue,
  flag,
  httpUrl,
  secret,
} from '../../../adapters/config/parsers.ts';
import type { Parse, Variable } from '../../../adapters/config/variables.ts';
import { readConfig, variables } from '../../../gateway/config/config.ts';
import { ConfigError, type ConfigProblem } from '../../../gateway/runtime/config-error.ts';
import { makeCertificate } from '../../support/certificates.ts';

type Given = Readonly<Record<string, string>>;

const required = {
  DATABASE_URL: 'postgres://127.0.0.1/lienthong',
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64url'),
};
const environment: Given = { ...required, PUBLIC_URL: 'https://api.gov.vn' };

const directory = await mkdtemp(join(tmpdir(), 'lienthong-config-'));
t.teardown(() => rm(directory, { recursive: true }));
const file = async (name: string, text: string) => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};
const certificate = makeCertificate({ subject: [['CN', 'api.gov.vn']] });
const other = makeCertificate({ subject: [['CN', 'api.gov.vn']] });
const ended = makeCertificate({
  subject: [['CN', 'api.gov.vn']],
  notBefore: new Date('2020-01-01'),
  notAfter: new Date('2021-01-01'),
});
const weak = makeCertificate({
  subject: [['CN', 'api.gov.vn']],
  keys: generateKeyPairSync('rsa', { modulusLength: 1024 }),
});
const odd = makeCertificate({
  subject: [['CN', 'api.gov.vn']],
  keys: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
});
const files = {
  weak: await file('weak.pem', weak.pem + weak.keyPem),
  odd: await file('odd.pem', odd.pem + odd.keyPem),
  certificate: await file('server.pem', certificate.pem),
  key: await file('server.key', certificate.keyPem),
  otherKey: await file('other.key', other.keyPem),
  endedCertificate: await file('ended.pem', ended.pem),
  endedKey: await file('ended.key', ended.keyPem),
  text: await file('text.pem', 'Giấy chứng nhận'),
  empty: await file('empty', ' \n'),
  units: await file('units.json', JSON.stringify([{ Code: '01', Wards: [{ Code: '00004' }] }])),
  brokenCertificate: await file(
    'broken.pem',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  ),
};
const absent = join(directory, 'absent');

/** What else is set, the value, and what is said of the variable. */
type Wrong = readonly [value: string, reason: RegExp, others?: Given];

const noNumber = (...more: string[]): Wrong[] =>
  ['x', '1.5', '1e2', '0x10', '-7', '10 000', 'NaN', ...more].map((value) => [
    value,
    /^must be a whole number from/,
  ]);
const noFlag: Wrong[] = ['yes', 'TRUE', '1', 'true '].map((value) => [value, /^must be true or false$/]);
const noNetworks: Wrong[] = ['x', '10.0.0.0/33', '10.0.0.1, gov.vn', '::/129'].map((value) => [
  value,
  /^must be comma-separated CIDRs$/,
]);
const noUrl: Wrong[] = [
  'gov.vn',
  'ftp://gov.vn',
  'http://',
  'http://u:bi-mat@gov.vn',
  'http://gov.vn/#x',
  'http://gov.vn/?x=1',
].map((value) => [value, /^must be an http or https URL/]);
const noPair = (partner: 'certificate' | 'key', name: string): Wrong[] => [
  [absent, /cannot be read \(ENOENT\)/, { [name]: files[partner] }],
  [directory, /cannot be read \(EISDIR\)/, { [name]: files[partner] }],
  [files.text, partner === 'key' ? /no certificate/ : /no private key/, { [name]: files[partner] }],
];
const notTogether: readonly [RegExp] = [/is not the key of the first certificate/];

/** Any text will do. */
const anything: Wrong[] = [];
/** Directories: read with the catalogue, which reports what it cannot read. */
const ofCatalogue: Wrong[] = [];

/** The addresses of all registries: without its address, the other variables of a registry are not read. */
const addresses: Given = Object.fromEntries(
  variables.filter(({ parse }) => parse === httpUrl).map(({ name }) => [name, 'http://127.0.0.1:1']),
);
const population = { POPULATION_URL: 'http://127.0.0.1:1' };
const business = { BUSINESS_URL: 'http://127.0.0.1:1' };
const brokers = { KAFKA_BROKERS: 'kafka:9092' };
const land = JSON.stringify({ '01': { url: 'http://127.0.0.1:1', apiKey: 'x' } });

/** Wrong values of the variables with rules or limits of their own. `ofKind` gives those of the others. */
const own: Readonly<Partial<Record<(typeof variables)[number]['name'], readonly Wrong[]>>> = {
  HOST: anything, // found out when it is listened on
  PORT: noNumber('65536'),
  OPERATIONS_PORT: [...noNumber('65536'), ['8080', /^must not be the same as PORT$/]],
  PUBLIC_URL: [
    ...[
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
    ].map((value): Wrong => [value, /^must be an http or https URL/]),
    ...['http://api.gov.vn', 'http://10.0.0.1:8080', 'http://127.0.0.1.gov.vn', 'http://[::2]'].map(
      (value): Wrong => [value, /^must be https/],
    ),
    ['https://api.gov.vn/lien-thong', /^has a path, which only a proxy can take off/],
    ...['https://api.gov.vn/a/../b', 'https://api.gov.vn/./b', 'https://api.gov.vn/a//b'].map(
      (value): Wrong => [value, /^must have a path without/, { TRUSTED_PROXIES: '10.0.0.0/8' }],
    ),
  ],
  TLS_CERT_FILE: [
    ...noPair('key', 'TLS_KEY_FILE'),
    [files.brokenCertificate, /cannot be read/, { TLS_KEY_FILE: files.key }],
    [files.weak, /^TLS does not take it: .*EE_KEY_TOO_SMALL/, { TLS_KEY_FILE: files.weak }],
    [files.odd, /^TLS has no use for keys on secp256k1$/, { TLS_KEY_FILE: files.odd }],
  ],
  TLS_KEY_FILE: [
    ...noPair('certificate', 'TLS_CERT_FILE'),
    [files.otherKey, ...notTogether, { TLS_CERT_FILE: files.certificate }],
    ['', /^is required with TLS_CERT_FILE$/, { TLS_CERT_FILE: files.certificate }],
  ],
  TLS_CLIENT_CA_FILE: [
    [absent, /ENOENT/],
    [files.text, /no certificate/],
  ],
  OPERATIONS_TLS_CERT_FILE: [
    ...noPair('key', 'OPERATIONS_TLS_KEY_FILE'),
    ['', /^is required with OPERATIONS_TLS_KEY_FILE$/, { OPERATIONS_TLS_KEY_FILE: files.key }],
  ],
  OPERATIONS_TLS_KEY_FILE: [
    ...noPair('certificate', 'OPERATIONS_TLS_CERT_FILE'),
    [files.otherKey, ...notTogether, { OPERATIONS_TLS_CERT_FILE: files.certificate }],
  ],
  TRUSTED_PROXIES: [
    ...noNetworks,
    ...['0.0.0.0/0', '::/0', '10.0.0.0/8, 203.0.113.7/00', '::ffff:0.0.0.0/96', '::/64'].map(
      (value): Wrong => [value, /^must not hold every address: /],
    ),
  ],
  OUTBOUND_ALLOWED_NETWORKS: noNetworks,
  DATABASE_URL: [
    ...['127.0.0.1', 'mysql://127.0.0.1/x', 'postgres//bi-mat', 'postgres://u:bi-mat@127.0.0.1:abc/x'].map(
      (value): Wrong => [value, /^must be postgres:\/\/user:password@host:port\/database/],
    ),
    ['postgres://u:bi/mat#@127.0.0.1/x', /percent-encoded/],
    ...[
      'sslMode=verify-full',
      'ssl_mode=require',
      'SSLMODE=verify-full',
      'tls=true',
      ' sslmode=verify-full',
    ].map(
      (query): Wrong => [
        `postgres://127.0.0.1/x?${query}`,
        /has no effect here: TLS is asked for by sslmode/,
      ],
    ),
    ['postgres://127.0.0.1/x?channel_binding=require', /^channel_binding has no effect here/],
    ['postgres://127.0.0.1/x?ssl=true&sslmode=disable', /^ssl is given beside sslmode/],
    ['postgres://127.0.0.1/x#?sslmode=verify-full', /percent-encoded/],
    ['postgres://127.0.0.1/x?sslmode=on', /^sslmode must be one of/],
    ['postgres://127.0.0.1/x?sslmode=verify-full&sslmode=disable', /^sslmode is given more than once$/],
    ['postgres://127.0.0.1/x?uselibpqcompat=true&sslmode=require', /^uselibpqcompat is not taken: /],
    [`postgres://127.0.0.1/x?sslmode=verify-full&sslrootcert=${absent}`, /sslrootcert.*ENOENT/],
  ],
  DATABASE_OWNER_URL: anything, // `lienthong migrate` reads it
  DATABASE_WAIT_SECONDS: noNumber('3601'),
  CONTRACTS_DIR: ofCatalogue,
  SCHEMAS_DIR: ofCatalogue,
  CLIENT_KEYS_DIR: ofCatalogue,
  CATALOGUE_CACHE_DIR: anything, // a directory that cannot be written to costs time and nothing else
  CATALOGUE_POLL_SECONDS: noNumber('0', '3601'),
  MASTER_KEY: [
    ['c2hvcnQ', /^must be at least 32 bytes, base64url$/],
    [randomBytes(31).toString('base64url'), /^must be at least 32 bytes/],
    ['một câu dài hơn ba mươi hai ký tự thì vẫn không phải là khóa', /^must be at least 32 bytes/],
    ['correct horse battery staple correct horse battery staple', /^must be at least 32 bytes/],
  ],
  SIGNING_KEY: [
    ['x', /^must be a private key for P-256/],
    [certificate.x509.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /^must be a private key/],
  ],
  SIGNING_KEY_ROTATION_DAYS: noNumber('0'),
  OPERATOR_TOKEN: [
    ['short', /^must be at least 32 characters/],
    [' '.repeat(40), /^must be at least 32 characters/],
  ],
  OPERATORS_FILE: [
    [absent, /ENOENT/],
    [files.text, /^line 1: must be object/],
  ],
  LOG_LEVEL: [['loud', /^must be one of fatal/]],
  ADDRESS_RATE: noNumber('0'),
  MAX_CONNECTIONS: noNumber('0'),
  ADDRESS_CONNECTIONS: noNumber('0'),
  MAX_STREAMS: noNumber('0'),
  SYSTEM_STREAMS: noNumber('0'),
  REQUEST_SECONDS: noNumber('0'),
  DRAIN_SECONDS: noNumber('0'),
  KAFKA_BROKERS: [
    ...['localhost', 'kafka:', 'kafka:0', 'kafka:65536', 'kafka:x', 'kafka://kafka:9092'],
    ...[',', ' ', 'kafka:9092,kafka', 'kafka:9092;kafka:9093', '::1:9092'],
  ]
    .map((value): Wrong => [value, /^must be comma-separated host:port/])
    .concat(['[::1]:9092', 'kafka:9092,[::1]'].map((value): Wrong => [value, /no IPv6 address$/])),
  KAFKA_CLIENT_ID: anything,
  KAFKA_TLS: [
    ...noFlag,
    ['false', /^must be true with KAFKA_CA_FILE$/, { ...brokers, KAFKA_CA_FILE: files.certificate }],
  ],
  KAFKA_CA_FILE: [
    [absent, /ENOENT/, { ...brokers, KAFKA_TLS: 'true' }],
    [files.text, /no certificate/, { ...brokers, KAFKA_TLS: 'true' }],
  ],
  KAFKA_CERT_FILE: noPair('key', 'KAFKA_KEY_FILE'),
  KAFKA_KEY_FILE: [
    ...noPair('certificate', 'KAFKA_CERT_FILE'),
    [files.otherKey, ...notTogether, { KAFKA_CERT_FILE: files.certificate, KAFKA_TLS: 'true' }],
  ],
  KAFKA_SASL_MECHANISM: [
    ['none', /^must be plain, scram-sha-256 or scram-sha-512$/],
    [
      '',
      /^is required with KAFKA_USERNAME and KAFKA_PASSWORD$/,
      { KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'bi-mat' },
    ],
  ],
  KAFKA_USERNAME: [['', /^is required$/, { KAFKA_SASL_MECHANISM: 'plain', KAFKA_PASSWORD: 'bi-mat' }]],
  KAFKA_PASSWORD: [['', /^is required$/, { KAFKA_SASL_MECHANISM: 'plain', KAFKA_USERNAME: 'u' }]],
  KAFKA_PARTITIONS: noNumber('0'),
  KAFKA_REPLICATION_FACTOR: [...noNumber('101'), ['0', /^must not be 0$/]],
  KAFKA_RETENTION_DAYS: noNumber('0'),
  WEBHOOK_SECONDS: noNumber('0', '61'),
  WEBHOOK_RETRY_HOURS: noNumber('0'),
  WEBHOOK_SUBSCRIPTIONS: noNumber('0'),
  REMOVAL_GRACE_HOURS: noNumber('8761'),
  TOPIC_GRACE_HOURS: noNumber('8761'),
  OUTBOX_RETENTION_DAYS: noNumber('0'),
  OUTBOX_MAX_BACKLOG: noNumber('999'),
  EVIDENCE_RETENTION_MONTHS: noNumber('0'),
  COPIES_MAX: noNumber('0'),
  COPIES_PER_SYSTEM: noNumber('0'),
  COPIES_LISTINGS: noNumber('0'),
  UPSTREAM_MAX_CONNECTIONS: noNumber('0'),
  UPSTREAM_MAX_RESPONSE_BYTES: noNumber('1023'),
  UPSTREAM_PROBE_SECONDS: noNumber('3601'),
  POPULATION_USER: [
    ['', /^is required with POPULATION_URL$/, population],
    ['a:b', /^must not have a colon$/, population],
  ],
  POPULATION_SECRET: [
    ['', /^is required with POPULATION_URL$/, population],
    ['bi-mat\n', /^must not begin or end with a blank/, population],
  ],
  POPULATION_API_KEY: [
    ['', /^is required with POPULATION_URL$/, population],
    ...['bi-mat\n', 'bí-mật', 'bi-mat ', 'bi\0mat'].map(
      (value): Wrong => [value, /^must be ASCII/, population],
    ),
  ],
  BUSINESS_CONSUMER_KEY: [
    ['', /^is required with BUSINESS_URL$/, business],
    ['a:b', /^must not have a colon$/, business],
  ],
  BUSINESS_CONSUMER_SECRET: [
    ['', /^is required with BUSINESS_URL$/, business],
    [' bi-mat', /^must not begin or end with a blank/, business],
  ],
  BUSINESS_POLL_SECONDS: noNumber('4', '901'),
  LAND_UPSTREAMS: [
    ...[
      '{',
      '[]',
      '{}',
      'null',
      '"x"',
      '{"1":{"url":"http://x","apiKey":"k"}}',
      '{"01":{"url":"x","apiKey":"k"}}',
    ],
    ...['{"01":{"apiKey":"bi-mat"}}', '{"01":{"url":"http://x"}}', '{"01":{"url":"http://x","apiKey":""}}'],
    '{"01":null}',
    '{"01":{"url":"http://x","apiKey":"bi-mat\\n"}}',
    '{"01":{"url":"http://x","apiKey":"k"},"01":{"url":"http://y","apiKey":"k"}}',
  ].map((value): Wrong => [value, /^must be JSON/, { ADMINISTRATIVE_UNITS_FILE: files.units }]),
  ADMINISTRATIVE_UNITS_FILE: [
    ['', /^is required with LAND_UPSTREAMS$/, { LAND_UPSTREAMS: land }],
    [absent, /^cannot be read as JSON/],
    [files.text, /^cannot be read as JSON/],
  ],
};

/** Wrong values for the parsers that many variables share. */
const ofParser: ReadonlyMap<Parse<unknown>, readonly Wrong[]> = new Map<Parse<unknown>, readonly Wrong[]>([
  [anyText, anything],
  [httpUrl, noUrl],
  [secret, [['bi-mat\n', /^must not begin or end with a blank/, addresses]]],
  [basicUser, [['a:b', /^must not have a colon$/, addresses]]],
  [fieldValue, [['VN/Đ', /^must be ASCII/, addresses]]],
]);

/** Wrong values that follow from the default of a variable, its unit or its parser. `undefined`: the variable has its own parser. */
function ofKind({ name, default: fallback = '', parse }: Variable): readonly Wrong[] | undefined {
  if (/^-?\d+$/.test(fallback) || /_(SECONDS|HOURS|DAYS|MONTHS)$/.test(name)) return noNumber();
  if (parse === flag || ['true', 'false'].includes(fallback)) return noFlag;
  return ofParser.get(parse);
}

const wrong = variables.map((row) => [row.name, own[row.name] ?? ofKind(row)] as const);

t.test('every variable with what is wrong is named, once, without a secret', (t) => {
  t.ok(wrong.length > 60);
  for (const [variable, cases] of wrong) {
    t.ok(cases, `${variable}: a variable with its own parser needs a row in this file`);
    for (const [value, reason, others] of cases ?? []) {
      const problems = problemsOf({ ...environment, ...others, [variable]: value });
      const of = problems.filter((problem) => problem.variable === variable);
      const name = `${variable}=${JSON.stringify(value)}`;
      t.match(of, [{ variable, reason }], name);
      t.equal(of.length, 1, `${name}: once`);
      t.notMatch(JSON.stringify(problems), /bi-mat|secret@|\\n/, `${name}: one line without the secret`);
    }
  }
  t.end();
});

t.test('a secret from a file: the same, and the file itself', (t) => {
  const secrets = variables.filter((row) => 'secret' in row).map(({ name }) => name);
  t.ok(secrets.length > 8);
  const set: Given = { ...addresses, KAFKA_SASL_MECHANISM: 'plain' };
  for (const variable of secrets.filter((name) => name !== 'DATABASE_OWNER_URL')) {
    const only = (given: Given) =>
      problemsOf({ ...environment, ...set, [variable]: '', ...given })
        .filter((problem) => problem.variable === variable)
        .map(({ reason }) => reason);
    t.match(only({ [`${variable}_FILE`]: absent }), [/_FILE cannot be read \(ENOENT\)$/], variable);
    t.match(
      only({ [`${variable}_FILE`]: files.empty }),
      [/the file that \w+_FILE names is empty$/],
      variable,
    );
    t.match(only({ [variable]: 'x', [`${variable}_FILE`]: files.text }), [/^is given twice/], variable);
  }
  t.end();
});

t.test('all that is wrong is named together', (t) => {
  const singles = wrong.flatMap(([variable, cases = []]) => {
    const [first] = cases.filter(([value, , others]) => value !== '' && !others);
    return first ? [[variable, first[0]] as const] : [];
  });
  t.ok(singles.length > 35);
  const named = problemsOf(Object.fromEntries(singles)).map(({ variable }) => variable);
  for (const [variable] of singles) t.ok(named.includes(variable), variable);
  t.strictSame(
    problemsOf({}).map(({ variable, reason }) => `${variable} ${reason}`),
    ['PUBLIC_URL is required', 'DATABASE_URL is required', 'MASTER_KEY is required'],
    'of nothing, what is required',
  );
  t.end();
});

t.test('valid values are taken', (t) => {
  const urls = [
    ['https://api.gov.vn', 'https://api.gov.vn'],
    ['https://api.gov.vn/', 'https://api.gov.vn'],
    ['https://api.gov.vn:8443/lien-thong', 'https://api.gov.vn:8443/lien-thong'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://api.gov.vn/li%C3%AAn-th%C3%B4ng', 'https://api.gov.vn/li%C3%AAn-th%C3%B4ng'],
  ] as const;
  for (const [given, expected] of urls) {
    const config = readConfig({ ...environment, PUBLIC_URL: given, TRUSTED_PROXIES: '10.0.0.0/8' });
    t.equal(config.publicUrl, expected, given);
  }
  const databases = [
    'postgres://127.0.0.1/lienthong',
    'postgresql://u:p%40ss@[::1]:5432/x?sslmode=verify-full',
  ];
  for (const url of [...databases, 'postgres:///x?host=/var/run/postgresql', 'postgres://u@%2Fvar%2Frun/x'])
    t.equal(readConfig({ ...environment, DATABASE_URL: url }).databaseUrl, url, url);
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
    const url = `postgres://u:p@127.0.0.1/x?sslmode=${mode}&connect_timeout=5`;
    const { databaseUrl } = readConfig({ ...environment, DATABASE_URL: url });
    const strict = 'postgres://u:p@127.0.0.1/x?sslmode=verify-full&connect_timeout=5';
    t.equal(databaseUrl, strict, `${mode}: whoever asks for TLS learns who answers`);
  }
  for (const list of ['kafka:9092', 'k1.gov.vn:9092, k2_x:9093', '10.0.0.1:9092,'])
    t.ok(readConfig({ ...environment, KAFKA_BROKERS: list }).kafka, list);
  const key = randomBytes(32);
  for (const encoding of ['base64', 'base64url'] as const)
    t.same(readConfig({ ...environment, MASTER_KEY: key.toString(encoding) }).masterKey, key, encoding);
  t.same(readConfig(environment).warnings, []);
  t.end();
});

t.test('names that look like a variable and are none', (t) => {
  const nearly: readonly [given: string, meant: string][] = [
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['KAFKA_BROKERS_FILE', ''],
    ['kafka_brokers', 'KAFKA_BROKERS'],
    ['POPULATION_SECERT', 'POPULATION_SECRET'],
    ['POPULATION_SECRETS_FILE', 'POPULATION_SECRET_FILE'],
    ['EVIDENCE_RETENTION_MONTH', 'EVIDENCE_RETENTION_MONTHS'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['TRUSTED_PROXIE', 'TRUSTED_PROXIES'],
    ['OPERATIONS_PORTS', 'OPERATIONS_PORT'],
    ['PUBLIC_URL_FILE', ''],
    ['REQUIRE_BOUND_TOKEN', 'REQUIRE_BOUND_TOKENS'],
    ['TLS_CERT', 'TLS_CERT_FILE'],
    ['TLS_KEY', 'TLS_KEY_FILE'],
    ['TLS_CERTIFICATE', 'TLS_CERT_FILE'],
    ['TLS_KEY_PATH', 'TLS_KEY_FILE'],
    ['OPERATIONS_TLS_CERT', 'OPERATIONS_TLS_CERT_FILE'],
    ['CLIENT_CA_FILE', 'TLS_CLIENT_CA_FILE'],
    ['DATABASE_WAIT', 'DATABASE_WAIT_SECONDS'],
    ['DATABASE_OWNER', 'DATABASE_OWNER_URL'],
    ['EVIDENCE_RETENTION', 'EVIDENCE_RETENTION_MONTHS'],
    ['OPERATION_PORT', 'OPERATIONS_PORT'],
  ];
  for (const [given, meant] of nearly) {
    const found = problemsOf({ ...environment, [given]: 'bi-mat' });
    t.match(found, [{ variable: given, reason: meant ? `is ${meant} meant?` : 'is no secret' }], given);
    t.notMatch(JSON.stringify(found), 'bi-mat');
  }

  const pair = { TLS_CERT_FILE: files.certificate, TLS_KEY_FILE: files.key };
  const warned = (given: Given) => readConfig({ ...environment, ...given }).warnings;
  t.match(
    warned({ KAFKA_BROKERS: 'kafka:9092', KAFKA_BROKER: 'kafka:9092', DATABASE_URI: 'x' }),
    [
      { variable: 'KAFKA_BROKER', reason: 'is KAFKA_BROKERS meant?' },
      { variable: 'DATABASE_URI', reason: 'is DATABASE_URL meant?' },
    ],
    'where the right one is set too, the other may be somebody else’s',
  );
  t.match(
    warned({ API_KEY: 'x', TLS_CERT: files.certificate, TLS_VERSION: '1.3', ...pair }),
    [
      { variable: 'API_KEY', reason: 'is POPULATION_API_KEY meant?' },
      { variable: 'TLS_CERT', reason: 'is TLS_CERT_FILE meant?' },
      { variable: 'TLS_VERSION', reason: 'it has no effect' },
    ],
    'the end of a name that others have too, and what begins as ours',
  );
  t.match(warned({ KAFKA_SASL_USERNAME: 'u', WEBHOOK_RETRIES: '3' }), [
    { variable: 'KAFKA_SASL_USERNAME', reason: 'it has no effect' },
    { variable: 'WEBHOOK_RETRIES', reason: 'it has no effect' },
  ]);
  t.match(
    warned({ LOGLEVEL: 'debug', PORT_FILE: '/run/port', HOST_FILE: '/etc/hosts', LOG_LEVEL_FILE: '/x' }),
    [
      { variable: 'LOGLEVEL', reason: 'is LOG_LEVEL meant?' },
      ...['PORT_FILE', 'HOST_FILE', 'LOG_LEVEL_FILE'].map((variable) => ({
        variable,
        reason: 'is no secret',
      })),
    ],
    'what many programs read does not stop a start',
  );
  t.same(
    warned({
      ...{ HOME: '/root', HOSTNAME: 'x', PATH: '/bin', NODE_ENV: 'production', TZ: 'UTC', LOGNAME: 'root' },
      ...{ KAFKA_SERVICE_HOST: '10.0.0.1', KAFKA_SERVICE_PORT: '9092', KAFKA_PORT: 'tcp://10.0.0.1:9092' },
      ...{ KAFKA_PORT_9092_TCP: 'tcp://10.0.0.1:9092', KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1' },
      ...{ POSTGRES_PORT: '5432', SSL_CERT_FILE: '/etc/ssl/cert.pem', OPERATIONS_PORT_9090_TCP_PROTO: 'tcp' },
      ...{
        DATABASE_HOST: 'x',
        DATABASE_NAME: 'x',
        LOG_FORMAT: 'json',
        REQUEST_TIMEOUT: '5',
        MAX_MEMORY: '1',
      },
      ...{ LIENTHONG_SERVICE_PORT_HTTP: '8080', POSTGRES_PASSWORD: 'x', PGHOST: 'x', KAFKA_BROKER: '' },
    }),
    [],
    'what others set, and what is empty',
  );
  t.end();
});

t.test('values that are taken, and are probably not meant', (t) => {
  const { warnings, tls } = readConfig({
    ...environment,
    PUBLIC_URL: 'http://127.0.0.1:8080',
    TLS_CERT_FILE: files.endedCertificate,
    TLS_KEY_FILE: files.endedKey,
    POPULATION_SECRET: 'bi-mat',
    BUSINESS_POLL_SECONDS: '60',
    KAFKA_TLS: 'true',
    DATABASE_OWNER_URL: 'postgres://owner:bi-mat@127.0.0.1/lienthong',
  });
  t.ok(tls, 'an old certificate is better than none');
  t.match(warnings, [
    { variable: 'TLS_CERT_FILE', reason: 'the certificate ended on 2021-01-01' },
    { variable: 'PUBLIC_URL', reason: 'is http, and with TLS_CERT_FILE the port speaks TLS alone' },
    { variable: 'DATABASE_OWNER_URL', reason: 'is for `lienthong migrate` alone' },
    { variable: 'KAFKA_TLS', reason: 'has no effect without KAFKA_BROKERS' },
    { variable: 'POPULATION_SECRET', reason: 'has no effect without POPULATION_URL' },
    { variable: 'BUSINESS_POLL_SECONDS', reason: 'has no effect without BUSINESS_URL' },
  ]);
  t.notMatch(JSON.stringify(warnings), 'bi-mat');
  t.end();
});

function problemsOf(given: Given): readonly ConfigProblem[] {
  try {
    readConfig(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

t.test('certificates and keys are read here, and nowhere else again', async (t) => {
  const { tls, operationsTls, clientAuthorities, kafka } = readConfig({
    ...environment,
    ...{ TLS_CERT_FILE: files.certificate, TLS_KEY_FILE: files.key, TLS_CLIENT_CA_FILE: files.certificate },
    ...{ KAFKA_BROKERS: 'kafka:9092', KAFKA_TLS: 'true', KAFKA_CA_FILE: files.certificate },
  });
  const [certificate, key] = [await readFile(files.certificate, 'utf8'), await readFile(files.key, 'utf8')];
  t.same(tls, { certificate, key });
  t.equal(operationsTls, undefined);
  t.equal(clientAuthorities?.pem, certificate);
  t.equal(clientAuthorities?.certificates.length, 1);
  t.same(kafka?.tls, { authorities: certificate, client: undefined });
});
