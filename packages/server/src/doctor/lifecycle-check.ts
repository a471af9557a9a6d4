import { ABORT_AFTER_DAYS, endForgottenUploads } from '../storage/bucket-setup.ts';
import { listOf, parseXml, textOf, type XmlNode } from '../storage/s3-xml.ts';
import { type Finding, failed, fixed, ok, skipped, warning } from './finding.ts';
import type { DoctorOptions } from './patient.ts';
import type { StoreVisit } from './store-visit.ts';

const CHECK = 'store.lifecycle';
/** What files' keys begin with. */
const FILES = 'v1/';
/** An upload that gets a part now and then may live long; one that gets none, a week. */
const LEAST_DAYS = 8;

interface Rule {
  readonly id: string;
  readonly deletes: boolean;
  readonly archives: boolean;
  readonly abortsAfter: number | null;
}

/** Rules of the bucket that would take files or uploads away, or the one that is missing. */
export async function checkLifecycle(
  { caller, settings, patient }: StoreVisit,
  { fix }: DoctorOptions,
): Promise<Finding> {
  const at = `--bucket ${settings.bucket} --endpoint-url ${settings.endpoint}`;
  const reply = await caller.call({ method: 'GET', key: '', query: { lifecycle: '' } });
  if (reply.status !== 200 && reply.status !== 404) {
    return skipped(CHECK, `The store doesn't tell its lifecycle rules (${reply.status}).`);
  }
  const rules = reply.status === 404 ? [] : rulesOf(reply.body);
  const edit = `Take it out: aws s3api get-bucket-lifecycle-configuration ${at} > rules.json; edit; aws s3api put-bucket-lifecycle-configuration ${at} --lifecycle-configuration file://rules.json`;
  for (const { id, deletes, archives, abortsAfter } of rules) {
    if (deletes) return failed(CHECK, `The lifecycle rule "${id}" deletes files.`, edit);
    if (archives) {
      const says = `The lifecycle rule "${id}" moves files where they can't be read at once.`;
      return failed(CHECK, says, edit);
    }
    if (abortsAfter !== null && abortsAfter < LEAST_DAYS) {
      const says = `The lifecycle rule "${id}" aborts uploads after ${abortsAfter} days; they may live longer.`;
      return failed(CHECK, says, `${edit} (${ABORT_AFTER_DAYS} days and more are safe)`);
    }
  }
  if (rules.some(({ abortsAfter }) => abortsAfter !== null)) {
    return ok(CHECK, 'The bucket ends forgotten uploads and keeps files.');
  }
  if (patient.isStoreEmbedded) {
    return ok(CHECK, 'The embedded store ends forgotten uploads by itself and keeps files.');
  }
  const says = 'No lifecycle rule ends uploads that everybody has forgotten.';
  if (!fix) return warning(CHECK, says, 'valise doctor --fix');
  const { status } = await endForgottenUploads(caller);
  if (status === 200) return fixed(CHECK, `${says} Now one does, after ${ABORT_AFTER_DAYS} days.`);
  const mend = `The store answers ${status} to a rule: allow the account s3:PutLifecycleConfiguration, or set AbortIncompleteMultipartUpload as the bucket's owner.`;
  return warning(CHECK, says, mend);
}

/** Those in force that concern files. */
function rulesOf(document: string): readonly Rule[] {
  return listOf(parseXml(document).root, 'Rule')
    .filter((rule) => textOf(rule, 'Status') === 'Enabled')
    .filter((rule) => {
      const filter = childOf(rule, 'Filter');
      // No file of ours has tags.
      if ('Tag' in filter || 'Tag' in childOf(filter, 'And')) return false;
      const prefix = prefixOf(rule);
      return FILES.startsWith(prefix) || prefix.startsWith(FILES);
    })
    .map((rule) => {
      const expiration = childOf(rule, 'Expiration');
      const abort = childOf(rule, 'AbortIncompleteMultipartUpload');
      return {
        id: textOf(rule, 'ID'),
        deletes: textOf(expiration, 'Days') !== '' || textOf(expiration, 'Date') !== '',
        archives: /GLACIER|DEEP_ARCHIVE/.test(JSON.stringify(rule.Transition ?? '')),
        abortsAfter: abort === NOTHING ? null : Number(textOf(abort, 'DaysAfterInitiation')),
      };
    });
}

const NOTHING: XmlNode = {};

function childOf(node: XmlNode, name: string): XmlNode {
  const child = node[name];
  return typeof child === 'object' && !Array.isArray(child) ? (child as XmlNode) : NOTHING;
}

/** Older documents have it at the rule itself. */
function prefixOf(rule: XmlNode): string {
  const filter = childOf(rule, 'Filter');
  return (
    textOf(filter, 'Prefix') || textOf(childOf(filter, 'And'), 'Prefix') || textOf(rule, 'Prefix')
  );
}
