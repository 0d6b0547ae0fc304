/** nginx as a reverse proxy with one worker and connections to the upstream that stay open. No log, no TLS. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Launched, launch } from '../processes.ts';

export function nginxIsInstalled(): boolean {
  return spawnSync('nginx', ['-v']).status === 0;
}

export interface NginxOptions {
  readonly port: number;
  readonly upstreamPort: number;
  /** Connections kept to the upstream. */
  readonly connections: number;
  /** For its files; all of them stay below. */
  readonly directory: string;
}

export async function startNginx(options: NginxOptions): Promise<Launched> {
  const { port, upstreamPort, connections, directory } = options;
  const file = join(directory, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${join(directory, `nginx-${name}`)};`,
  );
  await writeFile(
    file,
    `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;
worker_processes 1;
pid ${join(directory, 'nginx.pid')};
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
${temporary.join('\n')}
  upstream registry { server 127.0.0.1:${upstreamPort}; keepalive ${connections}; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://registry;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
  );
  return launch('nginx', ['-e', 'stderr', '-p', directory, '-c', file], {
    place: 'measured',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
