import {
  bucketLocation,
  bucketVersioning,
  createBucket,
  deleteBucket,
  headBucket,
  listBuckets,
} from '../s3/buckets.ts';
import { completeMultipartUpload } from '../s3/complete-multipart-upload.ts';
import { copyObject, uploadPartCopy } from '../s3/copy-object.ts';
import { deleteCors, getCors, putCors } from '../s3/cors-configuration.ts';
import { deleteObject, deleteObjects } from '../s3/delete-objects.ts';
import { getObject, headObject } from '../s3/get-object.ts';
import { deleteLifecycle, getLifecycle, putLifecycle } from '../s3/lifecycle.ts';
import { listMultipartUploads } from '../s3/list-multipart-uploads.ts';
import { listObjectsV1, listObjectsV2 } from '../s3/list-objects.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  listParts,
  uploadPart,
} from '../s3/multipart-uploads.ts';
import { putObject } from '../s3/put-object.ts';
import type { Operation } from '../s3/s3-call.ts';
import { S3Error } from '../s3/s3-error.ts';

interface Routable {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
}

/** Query names that ask for something else than the plain resource, all unknown here. */
const subresources = [
  'accelerate acl analytics attributes encryption intelligent-tiering inventory legal-hold',
  'logging metrics notification object-lock ownershipControls policy policyStatus',
  'publicAccessBlock replication requestPayment restore retention select tagging torrent',
  'versionId versions website append renameObject',
]
  .join(' ')
  .split(' ');

/** What can be set of a bucket, by query name and method. */
const settings: ReadonlyMap<string, Readonly<Record<string, Operation>>> = new Map([
  ['lifecycle', { GET: getLifecycle, PUT: putLifecycle, DELETE: deleteLifecycle }],
  ['cors', { GET: getCors, PUT: putCors, DELETE: deleteCors }],
]);

/** The operation that a request asks for. Throws NotImplemented or MethodNotAllowed. */
export function route(request: Routable): Operation {
  for (const name of subresources) {
    if (request.query.has(name)) throw new S3Error('NotImplemented', `?${name} is not known here.`);
  }
  if (request.bucket !== '' && request.key === '') {
    for (const [name, operations] of settings) {
      if (request.query.has(name)) return operations[request.method] ?? notAllowed();
    }
  }
  const level = request.bucket === '' ? 'service' : request.key === '' ? 'bucket' : 'object';
  const find = { service: serviceRoute, bucket: bucketRoute, object: objectRoute }[level];
  const operation = find(request);
  return operation ?? notAllowed();
}

function notAllowed(): never {
  throw new S3Error('MethodNotAllowed');
}

function serviceRoute({ method }: Routable): Operation | null {
  return method === 'GET' ? listBuckets : null;
}

function bucketRoute({ method, query }: Routable): Operation | null {
  switch (method) {
    case 'GET':
      if (query.has('location')) return bucketLocation;
      if (query.has('versioning')) return bucketVersioning;
      if (query.has('uploads')) return listMultipartUploads;
      return query.get('list-type') === '2' ? listObjectsV2 : listObjectsV1;
    case 'HEAD':
      return headBucket;
    case 'PUT':
      return query.has('versioning') ? null : createBucket;
    case 'DELETE':
      return deleteBucket;
    case 'POST':
      return query.has('delete') ? deleteObjects : null;
    default:
      return null;
  }
}

function objectRoute({ method, query, headers }: Routable): Operation | null {
  const inUpload = query.has('uploadId');
  const copies = headers.has('x-amz-copy-source');
  switch (method) {
    case 'GET':
      return inUpload ? listParts : getObject;
    case 'HEAD':
      return headObject;
    case 'PUT':
      if (inUpload || query.has('partNumber')) return copies ? uploadPartCopy : uploadPart;
      return copies ? copyObject : putObject;
    case 'POST':
      if (inUpload) return completeMultipartUpload;
      return query.has('uploads') ? createMultipartUpload : null;
    case 'DELETE':
      return inUpload ? abortMultipartUpload : deleteObject;
    default:
      return null;
  }
}
