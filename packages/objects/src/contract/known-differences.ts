/**
 * Where a store is known to answer otherwise than S3 is documented to. The contract checks that it
 * still does: a difference that is gone is noticed and struck off here.
 */
export const CEPH_16: KnownDifferences = {
  'checksum-ignored':
    'x-amz-checksum-sha256 is not known: wrong bytes are taken, nothing is listed. ' +
    'x-amz-content-sha256 and Content-MD5 are enforced.',
  'completion-without-etag': 'CompleteMultipartUpload answers an empty ETag; HEAD has it.',
  'completion-takes-all': 'CompleteMultipartUpload must list every part that was uploaded.',
  'completion-of-unknown-is-500': 'An unknown upload id is InternalError instead of NoSuchUpload.',
  'completion-in-any-order': 'CompleteMultipartUpload takes parts in any order, and sorts them.',
  'any-part-number': 'UploadPart takes numbers outside 1 to 10,000.',
  'listing-of-unknown-is-no-such-key': 'ListParts of an unknown upload id says NoSuchKey.',
  'copy-condition-ignored': 'x-amz-copy-source-if-match is ignored in UploadPartCopy.',
};

export const NO_DIFFERENCES: KnownDifferences = {};

export type Difference =
  | 'checksum-ignored'
  | 'completion-without-etag'
  | 'completion-takes-all'
  | 'completion-of-unknown-is-500'
  | 'completion-in-any-order'
  | 'any-part-number'
  | 'listing-of-unknown-is-no-such-key'
  | 'copy-condition-ignored';

/** The value says what the store does instead. */
export type KnownDifferences = { readonly [D in Difference]?: string };
