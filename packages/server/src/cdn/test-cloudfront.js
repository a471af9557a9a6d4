/*
 * CloudFront's rules for signed URLs and cookies, played by nginx (njs) in tests: the policy, canned or
 * custom, must be signed by the key it names, be for this URL, still hold, and allow the reader's
 * address. Where a URL is signed, cookies count for nothing.
 * As a distribution with origin access control does, it signs requests to the private bucket itself
 * and passes `response-*` on.
 *
 * Source: "Use signed URLs", "Use signed cookies", Amazon CloudFront Developer Guide.
 */
import settings from 'settings.js';

const OURS = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];
const COOKIE = 'CloudFront-';

function decode(text) {
  return Buffer.from(text.replace(/-/g, '+').replace(/_/g, '=').replace(/~/g, '/'), 'base64');
}

/** The fields that CloudFront adds to a URL, and the URL without them; null with one doubled. */
function parse(r) {
  const halves = r.variables.request_uri.split('?');
  const fields = {};
  const rest = [];
  let isDoubled = false;
  (halves[1] || '').split('&').forEach((pair) => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    if (!OURS.includes(name)) rest.push(pair);
    else if (fields[name] !== undefined) isDoubled = true;
    else fields[name] = pair.slice(at + 1);
  });
  if (isDoubled) return null;
  const url = `${settings.url}${halves[0]}${halves.length > 1 ? `?${rest.join('&')}` : ''}`;
  return { fields: Object.keys(fields).length > 0 ? fields : cookiesOf(r), url: url };
}

function cookiesOf(r) {
  const fields = {};
  (r.headersIn.Cookie || '').split('; ').forEach((pair) => {
    const at = pair.indexOf('=');
    if (pair.startsWith(COOKIE)) fields[pair.slice(COOKIE.length, at)] = pair.slice(at + 1);
  });
  return fields;
}

// Promises by hand: this interpreter's `await` within an expression ends the process.
function check(r) {
  judge(r).then(
    (isAllowed) => r.return(isAllowed ? 204 : 403),
    () => r.return(403),
  );
}

function judge(r) {
  const link = parse(r);
  if (link === null || link.fields['Key-Pair-Id'] !== settings.keyId) return Promise.resolve(false);
  const canned = `{"Statement":[{"Resource":"${link.url}","Condition":{"DateLessThan":{"AWS:EpochTime":${link.fields.Expires}}}}]}`;
  const policy =
    link.fields.Policy === undefined ? canned : decode(link.fields.Policy).toString('utf8');
  if (!allows(policy, link, r.variables.remote_addr)) return Promise.resolve(false);
  const der = Buffer.from(settings.publicKey, 'base64');
  const name = link.fields['Hash-Algorithm'] === 'SHA256' ? 'SHA-256' : 'SHA-1';
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: name };
  return crypto.subtle
    .importKey('spki', der, algorithm, false, ['verify'])
    .then((key) =>
      crypto.subtle.verify(algorithm, key, decode(link.fields.Signature), Buffer.from(policy)),
    );
}

function allows(policy, link, address) {
  let statement;
  try {
    statement = JSON.parse(policy).Statement[0];
  } catch (_noPolicy) {
    return false;
  }
  const condition = statement.Condition;
  if (!patternOf(statement.Resource).test(link.url)) return false;
  if (condition.DateLessThan['AWS:EpochTime'] * 1000 <= Date.now()) return false;
  if (condition.IpAddress === undefined) return true;
  return condition.IpAddress['AWS:SourceIp'] === `${address}/32`;
}

/** `*` stands for any characters, `?` for just one: a question mark, too. */
function patternOf(resource) {
  const literal = resource.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
}

export default { check };
