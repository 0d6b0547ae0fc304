/** TLS as BCP 195 (RFC 9325) asks, on both ports and outbound, as `openssl` sees it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { generateKey } from '../../../gateway/client/client.ts';
import { CIPHERS } from '../../../gateway/net/tls.ts';
import { makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { startNode, startProcess } from '../../support/process.ts';

const directory = await mkdtemp(join(tmpdir(), 'lienthong-tls-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));
interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs openssl with nothing to read. */
async function openssl(...args: string[]): Promise<Finished> {
  const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** With an RSA key, so that RSA key exchange is refused by the list and not for want of a key. */
const made = await openssl(
  ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-days', '1'],
  ...[
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    join(directory, 'rsa.key'),
    '-out',
    join(directory, 'rsa.pem'),
  ],
).catch(() => undefined);
const skip = made || process.env.CI ? false : 'openssl is not installed';
if (skip) console.error(`SKIPPED: ${skip}`);

const rsa = { cert: join(directory, 'rsa.pem'), key: join(directory, 'rsa.key') };
const ec = makeCertificate(
  { subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] },
  makeAuthority('Servers'),
);

/** The offer of a client, and whether the gateway may accept it. */
const offers: readonly (readonly [name: string, args: readonly string[], agreed: boolean])[] = [
  ['TLS 1.3', ['-tls1_3'], true],
  ['ECDHE with AES-128-GCM', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'], true],
  ['ECDHE with AES-256-GCM', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384'], true],
  ['ECDHE with ChaCha20', ['-tls1_2', '-cipher', 'ECDHE-RSA-CHACHA20-POLY1305'], true],
  ['RSA key exchange, GCM', ['-tls1_2', '-cipher', 'AES128-GCM-SHA256:AES256-GCM-SHA384'], false],
  [
    'RSA key exchange, CBC',
    ['-tls1_2', '-cipher', 'AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA'],
    false,
  ],
  [
    'ECDHE with CBC',
    ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA'],
    false,
  ],
  ['DHE', ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384'], false],
  ['CCM', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-CCM:AES128-CCM@SECLEVEL=0'], false],
  ['no authentication', ['-tls1_2', '-cipher', 'aNULL@SECLEVEL=0'], false],
  ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL@SECLEVEL=0'], false],
  ['TLS 1.0', ['-tls1', '-cipher', 'ALL@SECLEVEL=0'], false],
];

t.test('both ports', { skip }, async (t) => {
  const gateway = await startTestGateway(t, {
    variables: {
      TLS_CERT_FILE: rsa.cert,
      TLS_KEY_FILE: rsa.key,
      OPERATIONS_TLS_CERT_FILE: rsa.cert,
      OPERATIONS_TLS_KEY_FILE: rsa.key,
    },
  });
  const ports = {
    agencies: new URL(gateway.url).port,
    operators: new URL(gateway.operationsUrl).port,
  };
  for (const [port, number] of Object.entries(ports)) {
    for (const [name, args, agreed] of offers) {
      const { output } = await openssl('s_client', '-connect', `127.0.0.1:${number}`, ...args);
      t.equal(/Cipher is (?!\(NONE\))/.test(output), agreed, `${port}: ${name}`);
    }
  }
});

t.test('outbound: a server that offers less is not called', { skip }, async (t) => {
  await startTestGateway(t);
  const serverOf = async (options: tls.TlsOptions) => {
    const server = tls.createServer({ cert: ec.pem, key: ec.keyPem, ...options }, (socket) => {
      socket.on('error', () => {});
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}',
      );
    });
    server.on('tlsClientError', () => {});
    t.teardown(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  t.equal(tls.DEFAULT_CIPHERS, CIPHERS);
  const suite = async (ciphers: string, minVersion: tls.SecureVersion, maxVersion: tls.SecureVersion) => {
    const url = new URL(await serverOf({ ciphers, minVersion, maxVersion }));
    const socket = tls.connect({ host: url.hostname, port: Number(url.port), rejectUnauthorized: false });
    t.teardown(() => socket.destroy());
    return new Promise<string>((resolve) => {
      socket.once('secureConnect', () => resolve(socket.getCipher().standardName));
      socket.once('error', () => resolve('refused'));
    });
  };
  t.match(await suite(CIPHERS, 'TLSv1.2', 'TLSv1.2'), /^TLS_ECDHE_ECDSA_WITH_AES_128_GCM/);
  t.match(await suite(CIPHERS, 'TLSv1.3', 'TLSv1.3'), /^TLS_AES/);
  t.equal(await suite('ECDHE-ECDSA-AES128-SHA256', 'TLSv1.2', 'TLSv1.2'), 'refused');
  t.equal(await suite('ALL@SECLEVEL=0', 'TLSv1.1', 'TLSv1.1'), 'refused');
});

t.test('the command line: a server that offers less is not called', { skip }, async (t) => {
  const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));
  const key = join(directory, 'G12.thue.jwk.json');
  await writeFile(key, JSON.stringify((await generateKey()).privateJwk));
  const as = ['--system', 'G12.thue', '--key', key, '--ca', rsa.cert];
  // An operator's command trusts what its Node trusts.
  const env = { OPERATOR_TOKEN: 'operator-token-of-the-test-0123456789', NODE_EXTRA_CA_CERTS: rsa.cert };
  const commands: readonly (readonly string[])[] = [
    ['changes', 'dead-letters'],
    ['token', ...as],
    ['call', 'business.enterprise.lookup', '{}', ...as],
    ['changes', 'tail', '--registry', 'business', ...as],
  ];
  const cases = [
    ['AES128-GCM-SHA256', 'none'],
    ['ECDHE-RSA-AES128-GCM-SHA256', 'agreed'],
  ] as const;
  for (const [cipher, expected] of cases) {
    const port = await freePort();
    // Answers every GET with a page about the connection.
    const server = startProcess(t, 'openssl', [
      ...['s_server', '-accept', `127.0.0.1:${port}`, '-tls1_2', '-cipher', cipher, '-www'],
      ...['-cert', rsa.cert, '-key', rsa.key],
    ]);
    await server.line(/^ACCEPT/);
    const control = await openssl('s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2', '-cipher', cipher);
    t.match(control.output, `Cipher is ${cipher}`, 'the server agrees to it');
    for (const command of commands) {
      const child = startNode(t, [script, ...command, '--url', `https://127.0.0.1:${port}`], { env });
      const { code } = await child.ended;
      t.equal(code, 3, `it is no gateway: ${child.output}`);
      const refused = /is not secured as it must be \(\S*HANDSHAKE_FAILURE\)/.test(child.output);
      t.equal(refused ? 'none' : 'agreed', expected, `${command[0]}, ${cipher}: ${child.output}`);
    }
    await server.end('SIGKILL');
  }
});
