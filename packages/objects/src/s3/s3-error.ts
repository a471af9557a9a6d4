/** Every error this store answers with: S3's code → HTTP status and the message clients see. */
const table = {
  AccessForbidden: [403, 'No CORS rule of the bucket allows this request.'],
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed.'],
  AuthorizationQueryParametersError: [400, 'The signature parameters in the query are malformed.'],
  BadDigest: [400, 'The content does not match the digest that came with it.'],
  BucketAlreadyOwnedByYou: [409, 'The bucket exists and is yours.'],
  BucketNotEmpty: [409, 'The bucket is not empty.'],
  EntityTooLarge: [400, 'The upload is larger than allowed.'],
  EntityTooSmall: [400, 'A part other than the last is smaller than 5 MiB.'],
  IncompleteBody: [400, 'The body is shorter or longer than announced.'],
  InsufficientStorage: [507, 'The disk of the store is full; nothing was kept.'],
  InternalError: [500, 'The store failed; the request can be repeated.'],
  InvalidAccessKeyId: [403, 'The access key id does not exist here.'],
  InvalidArgument: [400, 'An argument is invalid.'],
  InvalidBucketName: [400, 'The bucket name is invalid.'],
  InvalidDigest: [400, 'The digest is not valid base64 of the right length.'],
  InvalidPart: [400, 'A listed part was not uploaded or its ETag differs.'],
  InvalidPartNumber: [416, 'The object has no such part.'],
  InvalidPartOrder: [400, 'The parts must be listed in ascending order.'],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'The request is invalid.'],
  InvalidToken: [400, 'Session tokens are not known here.'],
  InvalidURI: [400, 'The URI could not be decoded.'],
  KeyTooLongError: [400, 'The key is longer than 1,024 bytes.'],
  MalformedTrailerError: [400, 'The trailer of the body is malformed.'],
  MalformedXML: [400, 'The XML is not well-formed or not what this call takes.'],
  MaxMessageLengthExceeded: [400, 'The request body is too large.'],
  MethodNotAllowed: [405, 'The method is not allowed here.'],
  MissingContentLength: [411, 'A content-length header is required.'],
  NoSuchBucket: [404, 'The bucket does not exist.'],
  NoSuchCORSConfiguration: [404, 'The bucket has no CORS configuration.'],
  NoSuchKey: [404, 'The key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The bucket has no lifecycle configuration.'],
  NoSuchUpload: [404, 'The multipart upload does not exist; it was completed or aborted.'],
  NotImplemented: [501, 'This store does not implement what was asked.'],
  NotModified: [304, 'Not modified.'],
  PreconditionFailed: [412, 'A precondition of the request does not hold.'],
  RequestTimeout: [400, 'The body came too slowly.'],
  RequestTimeTooSkewed: [403, 'The clocks of the client and the store differ too much.'],
  SignatureDoesNotMatch: [
    403,
    'The signature does not match. Check the key and the signing method.',
  ],
  SlowDown: [503, 'Please reduce the request rate.'],
  XAmzContentSHA256Mismatch: [400, 'The content does not match x-amz-content-sha256.'],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof table;

/** An expected failure, answered as S3's error XML. `message` is shown to the client. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;
  /** What the answer says beside the error. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: S3ErrorCode,
    message?: string,
    options: { cause?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message ?? table[code][1], { cause: options.cause });
    this.headers = options.headers ?? {};
    this.name = 'S3Error';
    this.code = code;
    this.status = table[code][0];
  }
}
