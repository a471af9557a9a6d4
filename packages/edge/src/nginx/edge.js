/*
 * What nginx asks for each request; runs in nginx's own interpreter (njs 0.7, an ES5 dialect with
 * modules), so it uses no syntax that it lacks. The link format stands in docs/cdn.md.
 *
 * Nothing here decides by the normalised URI: links are signed over the request target as it
 * arrived, so no other spelling of a path, and no added, doubled or reordered parameter, passes.
 */
import crypto from 'crypto';
import fs from 'fs';
import settings from 'settings.js';

const TARGET = /^(\/v1\/[0-9a-f]{3}\/[0-9a-f-]{36}\/[0-9]{1,5})\?([^#?]*)&s=([0-9a-f]{64})$/;
const QUERY =
  /^n=([^&]*)&t=([^&]*)&z=([0-9]{1,15})(&g=1)?&e=([0-9]{10})&k=([\w-]+)(?:&i=([^&]+))?$/;
const MOST_PURGED = 1000;

function hmacHex(key, text) {
  return crypto.createHmac('sha256', key).update(text).digest('hex');
}

/** A list, not an object by id: objects have members that nobody put there, `constructor` among them. */
function keyOf(id) {
  const found = settings.keys.filter((key) => key.id === id)[0];
  return found === undefined ? undefined : found.secret;
}

/** Compares without telling by its time where two texts differ. */
function isSame(one, other) {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

/** The fields of the signed link that this request is, or null. */
function parse(r) {
  const target = TARGET.exec(r.variables.request_uri);
  if (target === null) return null;
  const query = QUERY.exec(target[2]);
  if (query === null) return null;
  return {
    signed: `${target[1]}?${target[2]}`,
    signature: target[3],
    path: target[1],
    name: query[1],
    type: query[2],
    size: Number(query[3]),
    isGzip: query[4] !== undefined,
    expires: Number(query[5]),
    keyId: query[6],
    address: query[7],
  };
}

/** `ok`, `slices` (a whole file of several), `gzip`, `empty`, or the status to refuse with. */
function verdict(r) {
  const link = parse(r);
  if (link === null) return '403';
  const key = keyOf(link.keyId);
  if (key === undefined || !isSame(hmacHex(key, link.signed), link.signature)) return '403';
  if (link.address !== undefined && decodeURIComponent(link.address) !== r.variables.remote_addr) {
    return '403';
  }
  if (link.expires * 1000 <= Date.now()) return '410';
  if (link.size === 0) return r.variables.http_range === undefined ? 'empty' : '416';
  if (link.isGzip) return 'gzip';
  const isWhole = r.variables.http_range === undefined && link.size > settings.sliceBytes;
  return isWhole ? 'slices' : 'ok';
}

/** What a reader is told of the content, for as long as it is told content. */
function describe(r) {
  if (r.status !== 200 && r.status !== 206) return;
  const link = parse(r);
  if (link === null) return;
  const name = decodeURIComponent(link.name);
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  r.headersOut['Content-Type'] = decodeURIComponent(link.type);
  r.headersOut['Content-Disposition'] =
    `attachment; filename="${ascii}"; filename*=UTF-8''${link.name}`;
}

function empty(r) {
  r.headersOut['Content-Length'] = '0';
  r.return(200, '');
}

/** The presigned query for the private bucket (AWS Signature Version 4, `UNSIGNED-PAYLOAD`). */
function originQuery(r) {
  const origin = settings.origin;
  const stamp = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const day = stamp.slice(0, 8);
  const scope = `${day}/${origin.region}/s3/aws4_request`;
  let query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256';
  query += `&X-Amz-Credential=${encode(`${origin.accessKeyId}/${scope}`)}`;
  query += `&X-Amz-Date=${stamp}&X-Amz-Expires=${origin.urlSeconds}`;
  if (origin.sessionToken !== null) query += `&X-Amz-Security-Token=${encode(origin.sessionToken)}`;
  query += '&X-Amz-SignedHeaders=host';
  const path = `${origin.pathPrefix}${r.variables.uri.replace(/^\/_[a-z]+/, '')}`;
  const canonical = `GET\n${path}\n${query}\nhost:${origin.host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const hash = crypto.createHash('sha256').update(canonical).digest('hex');
  const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash}`;
  let key = `AWS4${origin.secretAccessKey}`;
  [day, origin.region, 's3', 'aws4_request'].forEach((step) => {
    key = crypto.createHmac('sha256', key).update(step).digest();
  });
  return `${query}&X-Amz-Signature=${hmacHex(key, toSign)}`;
}

function encode(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Drops what the cache has of objects that are gone for good: `{"expires":…,"objects":[{"key":…,
 * "size":…}]}`, signed like links. Nginx takes a missing cache file for one it never had.
 */
function purge(r) {
  const body = r.requestText;
  const proof = /^HMAC ([\w-]+) ([0-9a-f]{64})$/.exec(r.headersIn.Authorization || '');
  const key = proof === null ? undefined : keyOf(proof[1]);
  if (key === undefined || body === undefined || !isSame(hmacHex(key, body), proof[2])) {
    r.return(403);
    return;
  }
  const order = JSON.parse(body);
  if (!Array.isArray(order.objects)) {
    r.return(400);
    return;
  }
  if (!(order.expires * 1000 > Date.now())) {
    r.return(410);
    return;
  }
  let dropped = 0;
  order.objects.slice(0, MOST_PURGED).forEach((object) => {
    dropped += dropObject(object);
  });
  r.headersOut['Content-Type'] = 'application/json';
  r.return(200, JSON.stringify({ dropped: dropped }));
}

function dropObject(object) {
  let dropped = drop(`/${object.key}`);
  for (let from = 0; from < object.size; from += settings.sliceBytes) {
    dropped += drop(`/${object.key}bytes=${from}-${from + settings.sliceBytes - 1}`);
  }
  return dropped;
}

/** Where nginx keeps a cache key with `levels=1:2`. */
function drop(cacheKey) {
  const name = crypto.createHash('md5').update(cacheKey).digest('hex');
  try {
    fs.unlinkSync(`${settings.cacheFolder}/${name.slice(-1)}/${name.slice(-3, -1)}/${name}`);
    return 1;
  } catch (_notThere) {
    return 0;
  }
}

export default { verdict, describe, empty, originQuery, purge };
