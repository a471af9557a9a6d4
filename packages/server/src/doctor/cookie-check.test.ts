import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SignedCdn } from '../cdn/cdn-settings.ts';
import { startTestCloudfront, type TestHeaders } from '../cdn/test-cloudfront.ts';
import { withoutNginx } from '../cdn/test-nginx.ts';
import { createHttpS3Caller } from '../storage/http-s3-caller.ts';
import { doctorKeys } from '../storage/probe-keys.ts';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import { checkCookies } from './cookie-check.ts';
import type { StoreVisit } from './store-visit.ts';

const PAGES = 'https://valise.example.org';

describe('the doctor on cookies', { skip: withoutNginx }, () => {
  let store: TestStore;
  before(async () => {
    store = await startTestStore();
  });
  after(() => store.close());

  async function examine(headers: TestHeaders, change: (cdn: SignedCdn) => SignedCdn = (c) => c) {
    const front = await startTestCloudfront(store.settings, headers);
    const now = () => new Date();
    const caller = createHttpS3Caller(store.settings, now);
    const visit = {
      ...{ settings: store.settings, caller, store: store.storage.store, publicSetting: 'X' },
      ...{ keyOf: doctorKeys(), remember: () => undefined },
      patient: { url: PAGES, now },
    } as unknown as StoreVisit;
    try {
      return await checkCookies(visit, change({ ...front.cdn, cookieDomain: 'example.org' }));
    } finally {
      caller.close();
      await front.close();
    }
  }

  test('finds a distribution that is set up for them in order', async () => {
    assert.equal((await examine({ pages: PAGES }))?.state, 'ok');
    const none = await examine({}, (cdn) => ({ ...cdn, cookieDomain: null }));
    assert.equal(none, null, 'where none are made');
  });

  for (const [what, headers, change, says, mend] of [
    [
      'no credentials of pages are taken',
      {},
      undefined,
      /may not send cookies/,
      /origin https:\/\/valise\.example\.org by name, with credentials/,
    ],
    [
      'another page is meant',
      { pages: 'https://a.org' },
      undefined,
      /only https:\/\/a\.org/,
      /by name/,
    ],
    ['files would be shown', { pages: PAGES, saves: false }, undefined, /shown/, /attachment/],
    [
      'the key is another',
      { pages: PAGES },
      (cdn: SignedCdn) => ({ ...cdn, keyId: 'K0' }),
      /answers 403/,
      /CDN_KEY_ID/,
    ],
  ] as const) {
    test(`says what to set where ${what}`, async () => {
      const finding = await examine(headers, change);
      assert.equal(finding?.state, 'failed');
      assert.match(finding.says, says);
      assert.match(finding.mend ?? '', mend);
    });
  }
});
