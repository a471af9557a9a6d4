import type { OriginAddress } from '../run/origin-address.ts';
import type { EdgeSettings } from '../settings/settings.ts';

/**
 * A slice is what one request to the origin brings and one cache file holds. nginx asks for one after
 * the other: at 1 Gbit/s and 20 ms to the origin this size leaves three quarters of that rate. Larger ones
 * would serve whole files faster, smaller ones cost less where a reader wants a few chunks of a
 * large file.
 */
export const SLICE_BYTES = 8 * 1_048_576;

/** What the origin says that readers need not know, or that we say ourselves. */
const HIDDEN = [
  'x-amz-request-id',
  'x-amz-id-2',
  'x-amz-meta-valise',
  'x-amz-server-side-encryption',
  'Cache-Control',
  'Content-Disposition',
  'Set-Cookie',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
  'X-Content-Type-Options',
];

export interface ConfigInput {
  readonly settings: EdgeSettings;
  /** Holds this configuration, `edge.js`, `settings.js` and `origin.conf`. */
  readonly folder: string;
  readonly cacheFolder: string;
  readonly address: OriginAddress;
  /** nginx's worker account; null when nginx isn't started as root. */
  readonly workerUser: string | null;
  /** PEM of who may have signed the origin's certificate. */
  readonly trustedCertificates: string;
}

/** The whole of nginx.conf. It names no secret: these stand in `settings.js` beside it. */
export function renderConfig(input: ConfigInput): string {
  const { folder, workerUser } = input;
  return `# Made at every start from the environment; changes here are lost.
${workerUser === null ? '' : `user ${workerUser};\n`}load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off;
worker_processes auto;
worker_rlimit_nofile 16384;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
${indent(httpBlock(input))}
}
`;
}

function httpBlock(input: ConfigInput): string {
  const { folder, cacheFolder, settings } = input;
  return `js_path ${folder};
js_import edge from edge.js;
js_set $link_verdict edge.verdict;
js_set $origin_query edge.originQuery;
# A link is a secret while it lives: queries stay out of the log.
log_format edge escape=json '{"time":"$time_iso8601","status":$status,"method":"$request_method",'
  '"path":"$uri","bytes":$body_bytes_sent,"seconds":$request_time,"cache":"$upstream_cache_status"}';
access_log ${folder}/access.log edge buffer=64k flush=5s;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${cacheFolder}/temp/${name};`).join('\n')}
proxy_cache_path ${cacheFolder}/objects levels=1:2 keys_zone=objects:64m max_size=${settings.cache.maxSize} inactive=30d use_temp_path=off;
server_tokens off;
sendfile on;
tcp_nopush on;
# Also how long a reader of a range waits in vain when the origin dies within a later slice: nginx takes
# what it could send for the answer, and the connection for idle.
keepalive_timeout 5s;
keepalive_requests 10000;
large_client_header_buffers 4 16k;
include ${folder}/origin.conf;
server {
${indent(serverBlock(input))}
}`;
}

function serverBlock(input: ConfigInput): string {
  const { settings } = input;
  return `${listenLines(settings)}
${proxyLines(settings)}default_type text/plain;
merge_slashes off;
max_ranges 1;
client_max_body_size 1m;
add_header X-Content-Type-Options nosniff always;
add_header Access-Control-Allow-Origin * always;
add_header Access-Control-Expose-Headers "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, Content-Range, ETag" always;
# Keys are written once, so whoever could read may keep it for ever.
add_header Cache-Control "private, max-age=31536000, immutable";

location = /healthz { access_log off; return 200 "ok\\n"; }
location = /_purge {
  limit_except POST { deny all; }
  client_body_buffer_size 1m;
  js_content edge.purge;
}
location / { return 403 "This is no signed link.\\n"; }
location /v1/ {
  if ($request_method = OPTIONS) { rewrite ^ /_preflight last; }
  if ($request_method !~ ^(GET|HEAD)$) { return 405 "Links are for GET and HEAD.\\n"; }
  if ($link_verdict = 403) { return 403 "This link is not as it was signed, or is for another address.\\n"; }
  if ($link_verdict = 410) { return 410 "This link has expired. Ask for a new one.\\n"; }
  if ($link_verdict = 416) { return 416 "The file is empty: it has no ranges.\\n"; }
  if ($link_verdict = empty) { rewrite ^ /_empty last; }
  if ($link_verdict = gzip) { rewrite ^(.*)$ /_gzip$1 last; }
  if ($link_verdict = slices) { rewrite ^(.*)$ /_slices$1 last; }
${indent(slicedLines(input, '$uri'))}
}
# A whole file of several slices is the last answer on its connection: so its reader sees at once when
# the origin dies within a later one.
location ~ ^/_slices(?<whole>/v1/.*)$ {
  internal;
  keepalive_timeout 0;
${indent(slicedLines(input, '$whole'))}
}
# Stored compressed: served so to whoever takes it, else decoded. Never in slices, because ranges of
# the stored bytes are no ranges of the file.
location ~ ^/_gzip(?<stored>/v1/.*)$ {
  internal;
  gunzip on;
  proxy_cache_key $stored;
  proxy_set_header Range "";
  proxy_pass ${scheme(input)}://origin${input.address.pathPrefix}$stored?$origin_query;
${indent(originLines(input))}
}
location = /_empty {
  internal;
  js_header_filter edge.describe;
  js_content edge.empty;
}
location = /_preflight {
  internal;
  add_header Access-Control-Allow-Origin * always;
  add_header Access-Control-Allow-Methods "GET, HEAD" always;
  add_header Access-Control-Allow-Headers "Range, If-Range, If-None-Match" always;
  add_header Access-Control-Max-Age 86400 always;
  return 204;
}`;
}

function listenLines({ url, host, tls }: EdgeSettings): string {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (tls === null) return `listen ${address};`;
  return `listen ${address} ssl http2;
ssl_certificate ${tls.certPath};
ssl_certificate_key ${tls.keyPath};
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:tls:8m;
add_header Strict-Transport-Security "max-age=31536000" always;`;
}

function proxyLines({ trustedProxies }: EdgeSettings): string {
  if (trustedProxies.length === 0) return '';
  const from = trustedProxies.map((one) => `set_real_ip_from ${one};\n`).join('');
  return `${from}real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n`;
}

function slicedLines(input: ConfigInput, path: string): string {
  return `slice ${SLICE_BYTES};
proxy_cache_key ${path}$slice_range;
proxy_set_header Range $slice_range;
proxy_pass ${scheme(input)}://origin${input.address.pathPrefix}${path}?$origin_query;
${originLines(input)}`;
}

function originLines({ address, trustedCertificates }: ConfigInput): string {
  const tls = `proxy_ssl_server_name on;
proxy_ssl_name ${address.host.replace(/:\d+$/, '')};
proxy_ssl_verify on;
proxy_ssl_verify_depth 4;
proxy_ssl_trusted_certificate ${trustedCertificates};
`;
  return `proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header Host ${address.host};
proxy_set_header Accept-Encoding "";
proxy_pass_request_headers off;
proxy_pass_request_body off;
${address.isTls ? tls : ''}proxy_connect_timeout 5s;
proxy_read_timeout 30s;
proxy_next_upstream error timeout http_502 http_503 http_504;
proxy_next_upstream_tries 3;
proxy_cache objects;
proxy_cache_valid 200 206 30d;
proxy_cache_lock on;
proxy_cache_lock_age 30s;
proxy_cache_lock_timeout 60s;
proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
proxy_ignore_headers Cache-Control Expires Vary Set-Cookie X-Accel-Expires;
# Kept for each slice until the whole answer has ended: 17 MB for 1 GiB that has to be fetched.
proxy_buffers 4 32k;
proxy_buffer_size 8k;
proxy_busy_buffers_size 64k;
${HIDDEN.map((name) => `proxy_hide_header ${name};`).join('\n')}
js_header_filter edge.describe;`;
}

const scheme = ({ address }: ConfigInput) => (address.isTls ? 'https' : 'http');

const indent = (text: string) => text.replace(/^(?=.)/gm, '  ');
