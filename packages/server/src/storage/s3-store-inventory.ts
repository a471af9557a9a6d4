import { AppError } from '@valise/core/errors';
import type { S3Caller } from './s3-caller.ts';
import { listOf, parseXml, textOf, type XmlNode } from './s3-xml.ts';
import type { InventoryObject, InventoryUpload, StoreInventory } from './store-inventory.ts';

/** ListObjectsV2 and ListMultipartUploads. */
export function createS3StoreInventory(caller: S3Caller): StoreInventory {
  async function page(query: Readonly<Record<string, string>>): Promise<XmlNode> {
    const reply = await caller.call({ method: 'GET', key: '', query });
    if (reply.status === 200) return parseXml(reply.body).root;
    const cause = new Error(`The store answered ${reply.status}`);
    throw new AppError('store-unavailable', 'The object store lists nothing.', { cause });
  }

  return {
    async *objects(prefix) {
      let token = '';
      do {
        const root = await page({
          'list-type': '2',
          prefix,
          ...(token === '' ? {} : { 'continuation-token': token }),
        });
        yield listOf(root, 'Contents').map(objectOf);
        token = textOf(root, 'IsTruncated') === 'true' ? textOf(root, 'NextContinuationToken') : '';
      } while (token !== '');
    },

    async *uploads(prefix) {
      let marker: Record<string, string> = {};
      for (;;) {
        const root = await page({ uploads: '', prefix, ...marker });
        yield listOf(root, 'Upload').map(uploadOf);
        const next = textOf(root, 'NextKeyMarker');
        if (textOf(root, 'IsTruncated') !== 'true' || next === '') return;
        marker = { 'key-marker': next, 'upload-id-marker': textOf(root, 'NextUploadIdMarker') };
      }
    },
  };
}

function objectOf(entry: XmlNode): InventoryObject {
  return {
    key: textOf(entry, 'Key'),
    size: Number(textOf(entry, 'Size')),
    modifiedAt: new Date(textOf(entry, 'LastModified')),
  };
}

function uploadOf(entry: XmlNode): InventoryUpload {
  return {
    key: textOf(entry, 'Key'),
    storeUploadId: textOf(entry, 'UploadId'),
    begunAt: new Date(textOf(entry, 'Initiated')),
  };
}
