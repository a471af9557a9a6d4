/** What a signature of CloudFront's says: who may read what, and until when. */
export interface CloudfrontPolicy {
  /** A URL; `?` in it stands for any one character, `*` for any number. */
  readonly resource: string;
  readonly expiresAt: Date;
  readonly address?: string | undefined;
}

/** CloudFront takes a custom policy's text as it stands, without white space. */
export function policyText({ resource, expiresAt, address }: CloudfrontPolicy): string {
  return JSON.stringify({
    Statement: [
      {
        Resource: resource,
        Condition: {
          DateLessThan: { 'AWS:EpochTime': expiresAt.getTime() / 1000 },
          ...(address === undefined
            ? {}
            : { IpAddress: { 'AWS:SourceIp': `${address}/${address.includes(':') ? 128 : 32}` } }),
        },
      },
    ],
  });
}
