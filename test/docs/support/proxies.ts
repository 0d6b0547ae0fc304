/** The files of deploy/proxy, with ports, certificates and gateways of a test in place of those that are to be changed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../../support/certificates.ts';
import { blocksOf, ROOT } from './markdown.ts';

export interface ProxyFilesOptions {
  /** Where `nginx.conf` and `haproxy.cfg` go, with everything that they write. */
  readonly directory: string;
  readonly certificate: Certificate;
  /** That the proxy listens at. */
  readonly port: number;
  /** Two of them; none: the addresses of the files stay. */
  readonly gateways: readonly { readonly port: string; readonly operationsPort: string }[];
}

export async function proxyFiles({
  directory,
  certificate,
  port,
  gateways,
}: ProxyFilesOptions): Promise<void> {
  const at = (name: string) => join(directory, name);
  const written = (name: string) => readFile(join(ROOT, 'deploy', 'proxy', name), 'utf8');
  await writeFile(at('fullchain.pem'), certificate.pem);
  await writeFile(at('key.pem'), certificate.keyPem, { mode: 0o600 });
  await writeFile(at('bundle.pem'), certificate.pem + certificate.keyPem, { mode: 0o600 });

  let server = (await written('nginx.conf'))
    .replaceAll('/etc/ssl/lienthong', directory)
    .replace('/var/log/nginx/lienthong.log', at('error.log'))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`);
  let proxy = (await written('haproxy.cfg'))
    .replaceAll('/etc/ssl/lienthong', directory)
    .replace('bind :443', `bind 127.0.0.1:${port}`);
  for (const [index, { port: own, operationsPort }] of gateways.entries()) {
    const address = `10.0.0.1${index + 1}:8080`;
    server = server.replace(address, `127.0.0.1:${own}`);
    proxy = proxy.replace(address, `127.0.0.1:${own} port ${operationsPort}`);
  }
  const around = (await blocksOf('docs/operators/proxy.md')).find(
    ({ language }) => language === 'nginx',
  )!.text;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${at(name)};`)
    .join('\n');
  await writeFile(
    at('nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;\n' : ''}pid ${at('nginx.pid')};\nerror_log stderr error;\n${around}http {\n${temporary}\n${server}}\n`,
  );
  await writeFile(at('haproxy.cfg'), proxy);
}
