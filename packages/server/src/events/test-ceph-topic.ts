import { hash } from 'node:crypto';
import { PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { createSigV4, encodeQuery } from '../storage/sigv4.ts';
import type { StoreSettings } from '../storage/store-settings.ts';

/** For tests: has a Ceph gateway tell a webhook of everything that is created in its bucket. */
export async function tellOfCreations(settings: StoreSettings, hook: string): Promise<void> {
  const arn = await createTopic(settings, hook);
  const client = new S3Client({
    region: settings.region,
    endpoint: settings.endpoint,
    forcePathStyle: true,
    credentials: settings as { accessKeyId: string; secretAccessKey: string },
  });
  const topic = { Id: 'valise', TopicArn: arn, Events: ['s3:ObjectCreated:*' as const] };
  await client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: settings.bucket,
      NotificationConfiguration: { TopicConfigurations: [topic] },
    }),
  );
  client.destroy();
}

/** By the same gateway's form of SNS. Not `persistent`: the request that makes an object waits. */
async function createTopic(settings: StoreSettings, hook: string): Promise<string> {
  const body = encodeQuery({
    Action: 'CreateTopic',
    Name: 'valise',
    'Attributes.entry.1.key': 'push-endpoint',
    'Attributes.entry.1.value': hook,
  });
  const request = {
    method: 'POST',
    host: new URL(settings.endpoint).host,
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payloadHash: hash('sha256', body),
  };
  const sigv4 = createSigV4(settings, settings.region, 'sns');
  const { host: _, ...headers } = sigv4.authorize(request, new Date());
  const answer = await fetch(`${settings.endpoint}/`, { method: 'POST', headers, body });
  const arn = /<TopicArn>(.+?)<\/TopicArn>/.exec(await answer.text())?.[1];
  if (arn === undefined) throw new Error(`CreateTopic was answered ${answer.status}.`);
  return arn;
}
