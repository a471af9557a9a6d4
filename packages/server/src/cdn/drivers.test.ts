import { after, describe } from 'node:test';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import { createDownloadSigner } from './create-download-signer.ts';
import { downloadSignerContract } from './download-signer.contract.ts';
import { startTestCloudfront } from './test-cloudfront.ts';
import { startTestEdge } from './test-edge.ts';
import { withoutNginx } from './test-nginx.ts';

describe('every driver', async () => {
  const store = await startTestStore();
  after(() => store.close());
  downloadSignerContract('the store itself', async () => rigOf(store, { driver: 'store' }, 403));

  describe('behind nginx', { skip: withoutNginx }, async () => {
    if (withoutNginx !== false) return;
    const [edge, cloudfront] = await Promise.all([
      startTestEdge(store.settings),
      startTestCloudfront(store.settings),
    ]);
    after(() => Promise.all([edge.close(), cloudfront.close()]));
    const bound = { ...cloudfront.cdn, bindAddress: true };
    downloadSignerContract('the edge', async () => rigOf(store, edge.cdn, 410));
    downloadSignerContract('CloudFront', async () => rigOf(store, cloudfront.cdn, 403));
    downloadSignerContract('CloudFront, bound to an address', async () => {
      const rig = rigOf(store, bound, 403);
      const signerAt: typeof rig.signerAt = (now) => {
        const signer = rig.signerAt(now);
        return { sign: (target) => signer.sign({ ...target, address: '127.0.0.1' }) };
      };
      return { ...rig, signerAt };
    });
  });
});

type Cdn = Parameters<typeof createDownloadSigner>[0];

function rigOf({ storage, settings }: TestStore, cdn: Cdn, expiredStatus: number) {
  const signerAt = (now: () => Date) => createDownloadSigner(cdn, settings, now);
  return { storage, signerAt, expiredStatus };
}
